interface InvalidArgument {
  field: string;
  description: string;
}

/** An answer that is an error. The body has one of the three shapes RiskOS is seen to use [doc/seen]. */
export class Refusal extends Error {
  readonly type = 'Refusal';
  readonly status: number;
  readonly body: object;

  constructor(status: number, body: object) {
    super(`answered ${status}`);
    this.status = status;
    this.body = body;
  }
}

/** The long shape: `{error, code, message, details, invalid_args}`. */
export function refusal(
  status: number,
  code: string,
  message: string,
  invalidArguments: InvalidArgument[] = [],
): Refusal {
  return new Refusal(status, {
    error: code.toLowerCase().replaceAll('_', ' '),
    code,
    message,
    details: invalidArguments.map(({ field, description }) => `${field}: ${description}`),
    invalid_args: invalidArguments,
  });
}

export function invalidRequest(invalidArguments: InvalidArgument[]): Refusal {
  return refusal(400, 'INVALID_REQUEST', 'The request is not valid; see invalid_args.', invalidArguments);
}

export const noDocuments = () => new Refusal(400, { message: 'No Documents Found' });
export const unknownEvaluation = () => new Refusal(404, { error: 'Evaluation not found' });
export const completed = () =>
  refusal(
    400,
    'INVALID_REQUEST',
    'The evaluation is not paused: what is completed can no longer be changed.',
  );
