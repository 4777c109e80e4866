import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { visit } from 'unist-util-visit';
import { z } from 'zod';
import { program } from '../../src/cli/program.ts';
import * as config from '../../src/config.ts';
import { type Page, placeOf, root } from './pages.ts';

/** Settings of Temporal's envconfig, of Node.js and of the AWS SDK, which the processes read too. */
const ofOthers = [
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_PROFILE',
  'TEMPORAL_CONFIG_FILE',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_CERT_DATA',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  'TEMPORAL_TLS_SERVER_CA_CERT_DATA',
  'TEMPORAL_TLS_SERVER_NAME',
  'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION',
  'TEMPORAL_CODEC_ENDPOINT',
  'TEMPORAL_CODEC_AUTH',
  'TEMPORAL_CODEC_PASS_ACCESS_TOKEN',
  'NODE_EXTRA_CA_CERTS',
  'NODE_OPTIONS',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_REGION',
  'AWS_PROFILE',
  'AWS_ENDPOINT_URL',
  // Read by tests that run against Socure's sandbox.
  'RISKOS_SANDBOX_API_KEY',
  'RISKOS_SANDBOX_IDENTITIES',
  'RISKOS_SANDBOX_WORKFLOW',
];

/** Words in capital letters that are no settings: RiskOS's codes, statuses and decisions. */
const otherWords = [
  'WORKFLOW_NOT_PUBLISHED',
  'WORKFLOW_NOT_FOUND',
  'SESSION_COMPLETE',
  'PERMISSION_DENIED',
  'ON_HOLD',
  'INVALID_PAYLOAD',
  'INVALID_ID',
  'ESCALATE_TO_HR',
  'AUTHENTICATION_FAILED',
  // Of the programs in examples/.
  'CODEC_ENDPOINT',
  'NOTIFY_SECRET',
  'WEBHOOK_ID',
  'WEBHOOK_TIMESTAMP',
  'WEBHOOK_SIGNATURE',
  // Of Temporal's SDKs.
  'REJECT_DUPLICATE',
  // Of Temporal's versioning.
  'AUTO_UPGRADE',
  // Stands for the name of any setting.
  'NAME_FILE',
  'X_FILE',
];

const known = new Set([...ofOthers, ...otherWords, ...ofConfig(), ...ofCommands(program), ...ofDeployment()]);

function ofConfig(): string[] {
  return Object.values(config).flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : []));
}

function ofCommands(command: Command): string[] {
  return [
    ...command.options.flatMap(({ envVar }) => envVar ?? []),
    ...command.commands.flatMap((verb) => ofCommands(verb)),
  ];
}

/** What `docker compose` reads besides. */
function ofDeployment(): string[] {
  const text = readFileSync(join(root, 'deploy/example.env'), 'utf8');
  return [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].flatMap(([, name]) => name ?? []);
}

/** Names of settings on a page that no process reads. */
export function unknownSettings(page: Page): string[] {
  const found: string[] = [];
  visit(page.tree, (node) => {
    if (node.type !== 'text' && node.type !== 'inlineCode' && node.type !== 'code') return;
    for (const [name] of node.value.matchAll(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]\b/g)) {
      if (!known.has(name) && !known.has(name.replace(/_FILE$/, ''))) {
        found.push(`${placeOf(page, node)} ${name}: no process reads it`);
      }
    }
  });
  return found;
}
