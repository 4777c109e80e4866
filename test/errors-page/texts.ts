import type { CommandError } from '../../src/cli/errors.ts';
import type { Refusal } from '../../src/contract/index.ts';
import type { RiskosProblem } from '../../src/riskos/index.ts';

interface Text {
  when: string;
  remedy: string;
}

/** Every type that the client's `FunnelError` has. */
export const refusalTexts: Record<Refusal, Text> = {
  InvalidApplication: {
    when: 'A field of the application is missing or wrong; the message names each one.',
    remedy: 'Correct the fields, and start again. No funnel was started.',
  },
  InvalidMessage: {
    when: 'A field of an update is missing or wrong; the message names each one.',
    remedy: 'Correct the fields, and send it again. Nothing has changed.',
  },
  WrongStage: {
    when: 'The update is not possible where the funnel stands; the message says where that is and what is possible.',
    remedy: 'Look at `status`, and do one of the possible things.',
  },
  NoBaseline: {
    when: 'A selfie is asked for, and there is no accepted document to compare it with.',
    remedy: 'Start a funnel whose documents are verified, or one with a `baseline`.',
  },
  AlreadyOpen: {
    when: 'A funnel of this application is open.',
    remedy: 'Go on with that one, or `withdraw` it first.',
  },
  AlreadyClosed: {
    when: 'A funnel of this application has ended, and Temporal still keeps it.',
    remedy: 'Look at how it ended; `start --again` (`{ again: true }`) starts another one all the same.',
  },
  EndedInTemporal: {
    when: 'Somebody terminated or cancelled the workflow in Temporal, or it timed out or failed, before the funnel had closed.',
    remedy: 'Look in the Temporal UI for who and why; then `start --again` (`{ again: true }`).',
  },
  UnreadableStatus: {
    when: 'A newer release wrote the status of this funnel, in words that this one does not know.',
    remedy: 'Update the client or the command to the release of the workers.',
  },
  NotFound: {
    when: 'There is no funnel of this application, or none that Temporal still keeps.',
    remedy: 'Check the application id, `TEMPORAL_ADDRESS` and `TEMPORAL_NAMESPACE`.',
  },
  Unreachable: {
    when: 'Temporal or the workers did not answer in time. An update may still be carried out later.',
    remedy: 'Check that Temporal and a worker run (`doctor`); look at `status` before you repeat an update.',
  },
  RiskosRefused: {
    when: 'RiskOS refused what the update handed on, such as a one-time code.',
    remedy: 'Read the reason; correct the data or the set-up, and send it again.',
  },
  RiskosUnavailable: {
    when: 'It is not known whether RiskOS took what the update handed on.',
    remedy: 'Look at `status`, and send it again if RiskOS still waits for it.',
  },
  WrongState: {
    when: 'A message to the images of an evaluation is not possible where they stand, or no workflow looks after them any more; the message says where that is and what is possible.',
    remedy: 'Look at `images list`, and do one of the possible things.',
  },
  Held: {
    when: 'Images under a legal hold were to be erased; the message says who holds them since when.',
    remedy: '`images release` first, if the hold may end.',
  },
  NotHeld: {
    when: 'A hold was to be released, and there is none.',
    remedy: 'Nothing.',
  },
};

/** What else can end a command. */
export const commandTexts: Record<CommandError, Text> = {
  WrongInput: {
    when: 'A file or an option cannot be used; the message names it, and the place in a JSON file.',
    remedy: 'Correct it, and run the command again.',
  },
  WrongSetting: {
    when: 'Settings are missing or wrong; the message names all of them.',
    remedy: 'Correct them; `doctor` shows which are set and from where.',
  },
  InvalidArchiveUrl: {
    when: '`ARCHIVE_URL` is no address of an archive.',
    remedy: 'Give it the form that the message shows.',
  },
  InvalidRecipient: {
    when: '`ARCHIVE_RECIPIENTS` has something that is no age public key.',
    remedy: 'Give it public keys (`age1…`), as age-keygen prints them.',
  },
  InvalidIdentity: {
    when: 'The file of `--identity` holds no age secret key, or its keys open none of the images.',
    remedy: 'Give it the secret key of one of `ARCHIVE_RECIPIENTS`, as age-keygen wrote it.',
  },
  ImagesNotFound: {
    when: 'No images of the application are archived, or they were deleted; the message says when and by whom.',
    remedy: 'Check the application id and `ARCHIVE_URL`; `images list` shows what is archived.',
  },
  ArchiveHeld: {
    when: 'A legal hold in the archive forbids a deletion.',
    remedy: '`images release` first, if the hold may end.',
  },
  ArchiveDeleted: {
    when: 'The images have been deleted, or are being deleted, so that nothing can be done with them.',
    remedy: 'Nothing; what was deleted is never fetched again.',
  },
  StorageUnavailable: {
    when: 'The storage that `ARCHIVE_URL` names does not answer, or answers that it fails.',
    remedy: 'Check that it is reachable; then run the command again.',
  },
  StorageFull: {
    when: 'The storage that `ARCHIVE_URL` names has no room left.',
    remedy: 'Make room, and run the command again.',
  },
  InvalidSettings: {
    when: 'The options of the RiskOS client are wrong, in a program of your own.',
    remedy: 'Correct the named options.',
  },
  InvalidEmulatorOptions: {
    when: 'An option, a scenario or a fault of the emulator is wrong; the message names the field.',
    remedy: 'Correct the field.',
  },
  TemporalNotFound: {
    when: '`demo` or `dev` found no Temporal server and could not get one; the message is a page of what was tried.',
    remedy: 'Install the `temporal` command, or set `TEMPORAL_ADDRESS`.',
  },
  SetupNeeded: {
    when: "The Temporal namespace lacks the funnel's search attributes.",
    remedy: 'Run `candidate-funnel setup` once.',
  },
  NotLoopback: {
    when: "Temporal's dev server was to listen where other machines reach it, and it asks nobody for a password.",
    remedy: 'Give it a loopback address.',
  },
  PortInUse: {
    when: "The port of Temporal's dev server is taken.",
    remedy: 'Stop what has it, or take another port.',
  },
  DevServerFailed: {
    when: "Temporal's dev server ended while it started; the message holds its own words.",
    remedy: 'Correct what it names.',
  },
};

/** The HTTP status of the answers of RiskOS that lead to it; none where there is no answer, or its status is not what is wrong. */
export const riskosStatuses: Record<RiskosProblem, string> = {
  InvalidSettings: '–',
  InvalidRequest: '–',
  DataRefused: '400, 422',
  AuthenticationFailed: '401',
  PermissionDenied: '403',
  WorkflowNotFound: 'any, with the code WORKFLOW_NOT_FOUND',
  WorkflowNotPublished: 'any, with the code WORKFLOW_NOT_PUBLISHED',
  NotFound: '404; 400 with the code INVALID_ID',
  RequestRefused: 'any other 4xx',
  RateLimited: '429',
  ServerError: '5xx',
  Unreachable: '–',
  InsecureConnection: '–',
  TimedOut: '408, or no answer',
  ConnectionLost: '–',
  Cancelled: '–',
  Redirected: '3xx',
  MalformedAnswer: '2xx',
  IncompleteAnswer: '2xx',
  ErrorInAnswer: '2xx',
  OversizedAnswer: '2xx',
  EncodedAnswer: '2xx',
  WrongEnvironment: '2xx',
  WrongEvaluation: '2xx',
  InvalidWebhook: '–',
};
