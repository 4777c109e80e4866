import { InvalidArgumentError, Option } from 'commander';

export interface EarlierOption {
  earlier?: number | true;
}

/** `--earlier` is the funnel before the latest one of the same application, `--earlier 2` the one before that. */
export function earlierOption(): Option {
  return new Option(
    '--earlier [n]',
    'the funnel before the latest one of this application, or the n-th before it',
  ).argParser(whole);
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1');
  return value;
}

export function numberOf({ earlier = 0 }: EarlierOption): number {
  return earlier === true ? 1 : earlier;
}
