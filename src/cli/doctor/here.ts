import { type Finding, fault, ok } from './finding.ts';
import { ask } from './http.ts';

/** The address of a process on this machine; one that listens on every interface is reached over loopback. */
export function urlHere(host: string, port: number): string {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

/** Asks a process on this machine whether it is ready. */
export async function lookHere(
  about: string,
  url: string,
  { settings, verb, cause }: { settings: string; verb: string; cause: string },
): Promise<Finding> {
  const answer = await ask(`${url}/readyz`, { method: 'GET' });
  if (typeof answer === 'string') {
    const says = `does not answer at ${settings}: ${answer}`;
    return fault(about, says, `start "candidate-funnel ${verb}" here`);
  }
  if (answer.status === 200) return ok(about, 'runs here, and is ready');
  return fault(
    about,
    `runs here, and is not ready (HTTP ${answer.status})`,
    `look at its log, and at ${cause}`,
  );
}
