/** Where every process says how it is; see `src/health.ts`. */
export const healthPaths = ['/livez', '/readyz', '/metrics'] as const;
