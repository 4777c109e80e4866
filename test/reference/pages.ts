import { schemaNames, jsonSchemaOf } from '../../src/contract/json-schema.ts';
import { pagePath as errorsPath, renderPage as renderErrors } from '../errors-page/page.ts';
import { pagePath as funnelPath, renderPage as renderFunnel } from '../workflow/funnel-table/page.ts';
import { renderLogsPage } from './logs-page.ts';
import { renderMessagesPage } from './messages-page.ts';
import { renderMetricsPage } from './metrics-page.ts';
import { renderNoticesPage } from './notices-page.ts';
import { renderPolicyPage } from './policy-page.ts';
import { renderStatusPage } from './status-page.ts';

interface Generated {
  path: URL;
  render: () => Promise<string>;
}

/** Every generated page and file, by the name that `npm run docs` takes. */
export const generated: Record<string, readonly Generated[]> = {
  funnel: [{ path: funnelPath, render: renderFunnel }],
  errors: [{ path: errorsPath, render: renderErrors }],
  policy: [{ path: inDocs('policy'), render: renderPolicyPage }],
  messages: [{ path: inDocs('messages'), render: renderMessagesPage }],
  status: [{ path: inDocs('status'), render: renderStatusPage }],
  logs: [{ path: inDocs('logs'), render: renderLogsPage }],
  notices: [{ path: inDocs('notices'), render: renderNoticesPage }],
  metrics: [{ path: inDocs('metrics'), render: renderMetricsPage }],
  schemas: schemaNames.map((name) => ({
    path: new URL(`../../schemas/${name}.json`, import.meta.url),
    render: async () => `${JSON.stringify(jsonSchemaOf(name), null, 2)}\n`,
  })),
};

function inDocs(name: string): URL {
  return new URL(`../../docs/${name}.md`, import.meta.url);
}
