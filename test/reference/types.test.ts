import { expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { FunnelStatus } from '../../src/client/index.ts';
import type { NoticeBody, TestNotice } from '../../src/contract/index.ts';
import type { noticeSchema, statusSchema } from '../../src/contract/status-schema.ts';

type StatusOfSchema = z.output<typeof statusSchema>;
type NoticeOfSchema = z.output<typeof noticeSchema>;

/** Every field of every depth as required, so that one that only one side has does not compile. */
type Whole<T> = T extends (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Whole<Exclude<T[Key], undefined>> }
    : T;

// Held by `npm run types`; the compiler, not this run, is what fails.
test('the schemas of status and notice say what the types say', () => {
  expectTypeOf<Whole<StatusOfSchema>>().toEqualTypeOf<Whole<FunnelStatus>>();
  expectTypeOf<StatusOfSchema>().toExtend<FunnelStatus>();
  expectTypeOf<FunnelStatus>().toExtend<StatusOfSchema>();
  expectTypeOf<Whole<NoticeOfSchema>>().toEqualTypeOf<Whole<NoticeBody | TestNotice>>();
  expectTypeOf<NoticeOfSchema>().toExtend<NoticeBody | TestNotice>();
  expectTypeOf<NoticeBody | TestNotice>().toExtend<NoticeOfSchema>();
});
