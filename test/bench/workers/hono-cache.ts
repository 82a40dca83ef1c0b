import { Hono } from 'hono'
import { cache } from 'hono/cache'

interface Bindings {
  readonly PAGE: string
}

/** Hono's own cache middleware. It does not cache requests with `Authorization`, so requests to it have none. */
const app = new Hono<{ Bindings: Bindings }>()

app.get(
  '/api/boards/:boardId/contacts',
  cache({ cacheName: 'boards', cacheControl: 'max-age=86400' }),
  (context) => context.body(context.env.PAGE, 200, { 'Content-Type': 'application/json' }),
)

export default app
