import { Hono } from 'hono'
import { cache } from 'hono/cache'

interface Bindings {
  readonly PAGE: string
}

/** Hono's own cache middleware. It passes over requests with `Authorization`, so it is asked without. */
const app = new Hono<{ Bindings: Bindings }>()

app.get(
  '/api/boards/:boardId/contacts',
  cache({ cacheName: 'boards', cacheControl: 'max-age=86400' }),
  (context) => context.body(context.env.PAGE, 200, { 'Content-Type': 'application/json' }),
)

export default app
