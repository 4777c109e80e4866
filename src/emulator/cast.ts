import type { Play, UseCase } from './scenarios.ts';

/** The play that an evaluation follows. */
export interface Cast {
  scenario: string;
  useCase: UseCase;
  attempt: number;
  play: Play;
  /** Person, use case and attempt. */
  who: string;
}
