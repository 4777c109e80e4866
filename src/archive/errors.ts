type ArchiveErrorType =
  /** The archive's address cannot be used. */
  | 'InvalidArchiveUrl'
  /** A public key is missing or wrong. */
  | 'InvalidRecipient'
  /** A cap is not a positive whole number. */
  | 'InvalidLimits'
  /** An applicationId or evaluationId is not one of ours, or they don't belong together. */
  | 'InvalidId'
  /** Not a ZIP, damaged, or forged: asking RiskOS again may help, storing the same bytes again will not. */
  | 'ZipInvalid'
  /** The ZIP exceeds a cap. */
  | 'ZipTooLarge'
  /** Something in the archive directory is not what the archive put there, such as a symbolic link. */
  | 'ArchiveUnsafe'
  /** The file system refused; trying again later may help. */
  | 'ArchiveUnavailable';

/** Whatever goes wrong in the archive. The message has no PII and no name out of a ZIP. */
export class ArchiveError extends Error {
  readonly type: ArchiveErrorType;

  constructor(type: ArchiveErrorType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ArchiveError';
    this.type = type;
  }
}
