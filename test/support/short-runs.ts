import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';

/** A server that suggests continue-as-new after so many events, so that state is carried from run to run. */
export async function startServerOfShortRuns(events: number): Promise<DevServer> {
  return startDevServer({
    binary: await findTemporal({ env: process.env, onProgress: () => {} }),
    uiPort: false,
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': String(events) },
  });
}
