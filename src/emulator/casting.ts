import type { Cast } from './cast.ts';
import { invalidRequest } from './errors.ts';
import { useCaseOf } from './evaluation.ts';
import type { Target } from './faults.ts';
import { type EvaluationRequest, parseRequest } from './request.ts';
import { defaultScenario, type ParsedScenario, type UseCase } from './scenarios.ts';

/** Gives each request its play, and counts the attempts of each person and use case. */
export function castIn(scenarios: Map<string, ParsedScenario>) {
  /** The distinct request ids of one person and use case, in order: an attempt's number is its place. */
  const attempts = new Map<string, string[]>();

  function personOf({ data }: EvaluationRequest, useCase: UseCase): string {
    return JSON.stringify([data.individual.id ?? data.individual.email, useCase]);
  }

  /** The same id gets the same play again, because it is a re-run [doc]. Throws Refusal 400. */
  function of(request: EvaluationRequest): Cast {
    const scenario = request.data.custom?.scenario ?? defaultScenario;
    const plays = scenarios.get(scenario);
    if (!plays) {
      const known = [...scenarios.keys()].join(', ');
      throw invalidRequest([
        {
          field: 'data.custom.scenario',
          description: `is not a scenario of this emulator; known are: ${known}`,
        },
      ]);
    }
    const useCase = useCaseOf(request.data.event_type);
    const person = personOf(request, useCase);
    const ids = attempts.get(person) ?? [];
    const place = ids.indexOf(request.id);
    const attempt = place < 0 ? ids.length + 1 : place + 1;
    const play = plays[useCase][Math.min(attempt, plays[useCase].length) - 1];
    if (!play) throw new Error('a scenario has at least one play for each use case');
    return { scenario, useCase, attempt, play, who: `${person} ${attempt}` };
  }

  return {
    of,
    attempts: (): [string, string[]][] => [...attempts],
    restore(kept: readonly [string, string[]][]): void {
      for (const [person, ids] of kept) attempts.set(person, ids);
    },
    remember(request: EvaluationRequest, { useCase }: Cast): void {
      const person = personOf(request, useCase);
      const ids = attempts.get(person) ?? [];
      if (!ids.includes(request.id)) attempts.set(person, [...ids, request.id]);
    },
    /** The person that the faults of a POST apply to; none for an invalid body. */
    preview(body: unknown): Target | undefined {
      const request = parseRequest(body);
      if (!request || !scenarios.has(request.data.custom?.scenario ?? defaultScenario)) return undefined;
      const { who, play } = of(request);
      return { id: request.id, who, own: play.faults };
    },
  };
}
