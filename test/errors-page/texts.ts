import type { CommandError } from '../../src/cli/errors.ts';
import type {
  ImagesFailure,
  ImagesFailureType,
  NoticeFailureType,
  NoticeProblem,
  Refusal,
  RiskosFailureType,
} from '../../src/contract/index.ts';
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
    when: 'A funnel of this application is open; or, after `start --again`, it has closed and is still waiting for its images.',
    remedy: 'Go on with that one, or `withdraw` it first; start one that is closing again a minute later.',
  },
  AlreadyClosed: {
    when: 'A funnel of this application has ended, and Temporal still keeps it.',
    remedy: 'Look at how it ended; `start --again` (`{ again: true }`) starts another one all the same.',
  },
  Forgotten: {
    when: 'The application was forgotten (`candidate-funnel forget`), or is being forgotten.',
    remedy:
      'Nothing; start a new application under another id. Repeat `forget` where `keys check` says `unfinished`.',
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
  TemporalRefused: {
    when: "Temporal answered the call with an error; the message has gRPC's name of it, such as `PERMISSION_DENIED` for a key that has expired.",
    remedy: 'Correct the key or its role, or what the message names; then call again.',
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
    when: 'A hold was to be released, but the images are not on hold.',
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
  InvalidLimits: {
    when: 'A cap of the archive is no positive whole number, in a program of your own.',
    remedy: 'Correct the named cap.',
  },
  InvalidId: {
    when: 'An application id or an evaluation id is not one of a funnel, or the two do not belong together.',
    remedy: 'Take both from `images list` or `status`.',
  },
  ZipRefused: {
    when: 'A ZIP is refused, for the reason that the message says; nothing of it was kept. A funnel shows it as the result `refused`.',
    remedy: 'Look at the images in the RiskOS dashboard.',
  },
  ArchiveUnsafe: {
    when: 'Something in the archive is missing, or is not as the archive wrote it; the message names it. Nothing was changed.',
    remedy: 'Check `ARCHIVE_URL`. If it is right, find out who changed the archive, and restore it.',
  },
  ImagesNotFound: {
    when: 'No images of the application are archived, or they were deleted; the message says when and by whom.',
    remedy: 'Check the application id and `ARCHIVE_URL`; `images list` shows what is archived.',
  },
  ArchiveHeld: {
    when: 'A legal hold in the archive, or of its storage, forbids a deletion.',
    remedy: '`images release` first, if the hold may end. A hold of the storage is lifted there.',
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
  InvalidStorageUrl: {
    when: 'The address of a storage cannot be used; of the archive it is `InvalidArchiveUrl`.',
    remedy: 'Give it the form that the message shows.',
  },
  StorageDenied: {
    when: 'The storage refuses the credentials, or they are missing or lack a permission.',
    remedy: 'Give the worker the permissions that docs/images.md lists.',
  },
  StorageMissing: {
    when: 'The bucket or folder is not there, or the bucket is in another region.',
    remedy: 'Create it, mount it, or correct `ARCHIVE_URL`.',
  },
  StorageClockSkewed: {
    when: 'The clock of this machine differs from that of the storage.',
    remedy: 'Set the clock.',
  },
  StorageUnsupported: {
    when: 'The storage lacks something that cannot be done without, such as a conditional put; the message names it.',
    remedy: 'Take another storage.',
  },
  StorageUnsafe: {
    when: 'Something is in the place of the archive that it did not put there, such as a symbolic link.',
    remedy: 'Find out who put it there, and remove it.',
  },
  StorageCorrupt: {
    when: 'What was read is not what was written: its checksum or its size differs.',
    remedy: 'Restore the object from a copy, and look for the fault in the storage.',
  },
  StorageHeld: {
    when: 'A legal hold or a retention of the storage itself forbids the deletion.',
    remedy: 'Lift it in the storage, if it may end.',
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

/** The HTTP status of the answers of the receiver that lead to it. */
export const noticeStatuses: Record<NoticeProblem, string> = {
  Redirected: '3xx',
  SignatureRefused: '401, 403',
  NotFound: '404',
  Gone: '410',
  TooLarge: '413',
  Refused: 'any other 4xx',
  Busy: '409, 423, 425, 429',
  ServerError: '5xx',
  Unreachable: '–',
  InsecureConnection: '–',
  TimedOut: '408, or no answer',
  ConnectionLost: '–',
  MalformedAnswer: 'below 200, above 599, or no HTTP',
  Cancelled: '–',
};

/** When images end with one of these reasons; what to do is in the contract. */
export const imagesTexts: Record<ImagesFailure, string> = {
  evaluation_unknown: 'RiskOS does not know the evaluation: 404 or 410.',
  request_refused: 'RiskOS refuses to give the documents, with another 4xx.',
  not_started: 'The retention workflow could not be started.',
  api_key_refused: 'RiskOS refuses the API key: 401.',
  permission_denied: 'The API key may not download documents: 403.',
  wrong_environment: 'RiskOS answers for another environment than `RISKOS_ENVIRONMENT`.',
  connection_refused:
    'There is no secure connection to RiskOS, or something in between redirects or changes the answers.',
  storage_denied: 'The storage refuses to store, read or delete.',
  storage_missing: 'The bucket or folder that `ARCHIVE_URL` names is not there.',
  storage_unsafe:
    'Something in the archive is not what was stored there, or is gone without a record of a deletion.',
  clock_skewed: 'The clock of the worker differs from that of the storage.',
  riskos_unavailable: 'RiskOS does not answer, or answers 408, 429 or 5xx.',
  riskos_unreadable:
    'RiskOS answers something that is neither a ZIP nor an error: 204, HTML, text, an empty body.',
  storage_unavailable: 'The storage does not answer, or answers that it fails.',
  storage_full: 'The storage has no room left.',
  interrupted: 'The worker ended, or something without a word of its own happened.',
};

type FailureType = RiskosFailureType | NoticeFailureType | ImagesFailureType;

/** The types of failed activities, as the Temporal UI shows them. */
export const failureTexts: Record<FailureType, Text> = {
  RiskosNotProcessed: {
    when: 'RiskOS certainly did not process the request.',
    remedy: 'Nothing: the funnel sends it again by itself.',
  },
  RiskosAmbiguous: {
    when: 'It is not known whether RiskOS processed the request.',
    remedy: 'Nothing: the funnel waits for a webhook before it sends it again.',
  },
  RiskosRefused: {
    when: 'RiskOS refused the request, and only a person can fix that.',
    remedy: 'Do what `attention` in the status says; then `retry` or `correct`.',
  },
  RiskosUnknownEvaluation: {
    when: 'RiskOS does not know the evaluation that is read.',
    remedy:
      'Nothing at first; if the funnel asks for attention, look for the evaluation in the RiskOS dashboard.',
  },
  RiskosForeignEvaluation: {
    when: 'The evaluation that a webhook named belongs to another request.',
    remedy: 'Nothing: the funnel ignores it.',
  },
  RiskosUnavailable: {
    when: 'RiskOS cannot be read now.',
    remedy: 'Nothing: the funnel reads again.',
  },
  ResetRunGone: {
    when: 'The workflow was reset, and the run that may hold an earlier request is gone. Nothing was sent.',
    remedy: 'Look in the RiskOS dashboard whether the evaluation exists; then `retry`.',
  },
  NoticeNotTaken: {
    when: "HR's receiver is down or busy.",
    remedy: 'Nothing: the same notice is sent again, for three days.',
  },
  NoticeRefused: {
    when: "HR's receiver refuses the notice for good.",
    remedy: 'Do what the timeline says. Later notices do not wait for it.',
  },
  ImagesUnavailable: {
    when: 'An attempt to fetch, store, hold or delete images failed, and another one may succeed.',
    remedy: 'Nothing, unless `trouble` lasts.',
  },
  ImagesNeedOperator: {
    when: 'Images cannot be fetched, stored, held or deleted until somebody has changed a setting.',
    remedy: 'Do what `action` says; then `images retry`.',
  },
  ImagesHeld: {
    when: 'A hold in the archive, or of its storage, forbids the deletion.',
    remedy: '`images release`, if the hold may end. A hold of the storage is lifted there.',
  },
  ImagesDeleted: {
    when: 'The images that are to be held were deleted before.',
    remedy: 'Nothing: there is nothing to hold.',
  },
};
