/**
 * `ms` ships no types that nodenext finds, and without them every `Duration` of the Temporal SDK is `any`.
 */
declare module 'ms' {
  type Unit =
    | 'years'
    | 'year'
    | 'yrs'
    | 'yr'
    | 'y'
    | 'weeks'
    | 'week'
    | 'w'
    | 'days'
    | 'day'
    | 'd'
    | 'hours'
    | 'hour'
    | 'hrs'
    | 'hr'
    | 'h'
    | 'minutes'
    | 'minute'
    | 'mins'
    | 'min'
    | 'm'
    | 'seconds'
    | 'second'
    | 'secs'
    | 'sec'
    | 's'
    | 'milliseconds'
    | 'millisecond'
    | 'msecs'
    | 'msec'
    | 'ms';
  export type StringValue = `${number}` | `${number}${Unit}` | `${number} ${Unit}`;
  export default function ms(value: string): number | undefined;
}
