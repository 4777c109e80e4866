import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArchive } from '../../src/archive/index.ts';
import type { EvaluationImages } from '../../src/client/index.ts';
import { createArchiveKey } from '../../src/archive/index.ts';
import { createNotifier } from '../../src/notifier/index.ts';
import { imagesWorkflowIdOf, imagesWorkflowType, type TimelineEntry } from '../../src/contract/index.ts';
import { createGateway, type Gateway, type Meddling } from '../support/gateway.ts';
import { createReceiver, type Receiver } from '../support/receiver.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';
import { zipOf } from '../archive/zips.ts';

let world: World;
