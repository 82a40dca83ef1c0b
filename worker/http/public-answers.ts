import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { createSingleFlight } from '../../shared/single-flight.ts'

/** The answers of public routes. Each is made at most once in `limits.publicAnswerMs`, however many callers need it. */
export interface PublicAnswers {
  /**
   * The answer under a name, of which there must be few. If one is being made or was made within `limits.publicAnswerMs`, that
   * is the answer; else `make` makes one. An error goes to every caller that waits for it and is not kept. Rejects if `make`
   * does.
   */
  answer(
    name: string,
    make: () => Promise<Result<Response, WireError>>,
    keepAlive: (work: Promise<unknown>) => void,
  ): Promise<Result<Response, WireError>>
}

/** A response as bytes, because a stream would belong to the request that made it. */
interface Kept {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: ArrayBuffer
}

type Made = Result<Kept, WireError | { readonly thrown: unknown }>

/**
 * Creates the memory of public answers. A public route probes every part or reads all figures of the deployment, and anybody may
 * call it at any rate. So an isolate does that work at most once a second, and all other callers get its result.
 */
export function createPublicAnswers(clock: Clock): PublicAnswers {
  const flights = createSingleFlight<null, Made>({
    clock,
    // Longer than any of the work, each part of which has a deadline. A leader that never ends is given up after it.
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

/** Never rejects: every caller that waits for failed work gets its error, and none of them starts it again. */
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
