import { describe, expect, it } from 'vitest';
import { adviceFor, defaultReasonCodes, marksFraud, parseReasonCodes } from '../../src/riskos/index.ts';
import { completed, evalId, verification } from './support/answers.ts';
import { clientOf, startAnswering } from './support/server.ts';
import { thrownBy } from './support/thrown.ts';

const table = defaultReasonCodes;

describe('the built-in table', () => {
  it('is one that configuration could hold', () => {
    expect(parseReasonCodes(JSON.parse(JSON.stringify(table)))).toEqual(table);
  });

  it.each([
    ['retake_document_photo', ['I848', 'R804', 'R831', 'R833', 'R838', 'I854']],
    ['use_another_document', ['R827', 'R852', 'R853', 'R862', 'I849']],
    ['retake_selfie', ['R835', 'R850', 'R856', 'R857', 'I856']],
  ])('advises %s', (key, codes) => {
    for (const code of codes) expect(adviceFor([code], table).map((advice) => advice.key)).toEqual([key]);
  });

  it('coaches no fraud', () => {
    for (const code of ['R810', 'R815', 'R819', 'R820', 'R834', 'R836', 'R851', 'R858', 'R859']) {
      expect(marksFraud([code], table)).toBe(true);
      expect(adviceFor(['R831', code], table)).toEqual([]);
    }
  });

  it('has nothing to say of good news and unknown codes', () => {
    const codes = ['I834', 'I836', 'I831', 'I833', 'R123', 'constructor', '__proto__'];
    expect(adviceFor(codes, table)).toEqual([]);
    expect(marksFraud(codes, table)).toBe(false);
  });

  it('says each thing once, in the order of the codes', () => {
    expect(adviceFor(['R850', 'R831', 'R804', 'R856'], table).map(({ key }) => key)).toEqual([
      'retake_selfie',
      'retake_document_photo',
    ]);
  });
});

describe('a table from configuration', () => {
  const own = {
    R831: { advice: { key: 'eigenes', text: 'Bitte neu fotografieren.' }, source: 'our team', grade: 'own' },
  };

  it('replaces the built-in one', async () => {
    const riskos = await startAnswering(
      200,
      completed({ data_enrichments: [verification({ reasonCodes: ['R831', 'R810'] })] }),
    );
    const client = clientOf(riskos.url, { reasonCodes: parseReasonCodes(own) });
    expect(await client.get(evalId)).toMatchObject({ advice: [own.R831.advice], risk: false });
  });

  it.each([
    ['a code that is none', { 'not a code': own.R831 }, 'not a code'],
    [
      'a key that cannot be translated',
      { R831: { ...own.R831, advice: { key: 'A b', text: 'x' } } },
      'R831.advice.key',
    ],
    ['no source', { R831: { grade: 'own' } }, 'R831.source'],
    ['an unknown grade', { R831: { source: 'x', grade: 'hearsay' } }, 'R831.grade'],
    ['a misspelt mark', { R831: { source: 'x', grade: 'own', neverCouch: true } }, 'R831'],
    ['a list', [], 'reasonCodes'],
    ['nothing', undefined, 'reasonCodes'],
  ])('is refused with %s', (_, value, named) => {
    const error = thrownBy(() => parseReasonCodes(value));
    expect(error.type).toBe('InvalidSettings');
    expect(error.message).toContain(named);
  });
});
