import type { Env } from '../../../worker/env.ts'
import production from '../../../worker/index.ts'

export * from '../../../worker/index.ts'

type PlacedEnv = Env & { readonly CALLER_PLACE: string }

/** The production Worker, to which all callers seem to be at one place: `CALLER_PLACE`, in degrees with a comma between them. */
export default {
  fetch(request, env, context) {
    const [latitude, longitude] = env.CALLER_PLACE.split(',')
    return production.fetch(new Request(request, { cf: { latitude, longitude } }), env, context)
  },
} satisfies ExportedHandler<PlacedEnv>
