import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { createSingleFlight } from '../../shared/single-flight.ts'

/** The answers of public routes, each made at most once in `limits.publicAnswerMs`, however many ask for it. */
export interface PublicAnswers {
  /**
   * The answer under a name, of which there must be few: the one that is under way or was made a moment ago, else a new
   * one. An error is an answer to those who wait for it, and is not kept; rejects where `make` does.
   */
  answer(
    name: string,
    make: () => Promise<Result<Response, WireError>>,
    keepAlive: (work: Promise<unknown>) => void,
  ): Promise<Result<Response, WireError>>
}

/** A response as bytes: a stream would belong to the request that made it. */
interface Kept {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: ArrayBuffer
}

type Made = Result<Kept, WireError | { readonly thrown: unknown }>

/**
 * What is public costs a probe of every part, or all figures of the deployment, and anybody may ask for it as often as
 * they like: so an isolate does that work once a second, and everybody else gets its result.
 */
export function createPublicAnswers(clock: Clock): PublicAnswers {
  const flights = createSingleFlight<null, Made>({
    clock,
    // Longer than any of the work takes (each part of it has a deadline), and a leader that never settles is given up.
    patienceMs: limits.originDeadlineMs,
    lingers: (made) => made.ok,
    lingerMs: limits.publicAnswerMs,
  })

  return {
    async answer(name, make, keepAlive) {
      const { value: made } = await flights.share(
        name,
        null,
        () => true,
        () => kept(make),
        keepAlive,
      )
      if (made.ok) return ok(responseOf(made.value))
      if ('thrown' in made.error) throw made.error.thrown
      return err(made.error)
    },
  }
}

/** Never rejects: all who wait for work that failed learn of it, and none of them begins it again. */
async function kept(make: () => Promise<Result<Response, WireError>>): Promise<Made> {
  try {
    const made = await make()
    if (!made.ok) return made
    const { status, headers } = made.value
    return ok({ status, headers: [...headers], body: await made.value.arrayBuffer() })
  } catch (thrown) {
    return err({ thrown })
  }
}

function responseOf({ status, headers, body }: Kept): Response {
  return new Response(body, { status, headers: headers.map(([name, value]) => [name, value]) })
}
