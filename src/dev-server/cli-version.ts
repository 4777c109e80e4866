/** The release of the Temporal CLI that is fetched when none is there. */
export const cliVersion = '1.5.1';

/** The oldest CLI that will do, and the server inside it; older ones lack what the funnel uses. */
export const oldest = { cli: '1.3', server: { major: 1, minor: 27 } };

/** A child process's environment. */
export type Environment = Record<string, string | undefined>;
