import { z } from 'zod'
import { createEmbeddedStore } from './upstash/embedded-store.ts'
import { createServerStore } from './upstash/server-store.ts'
import { createUpstashServer } from './upstash/upstash-server.ts'

/** The process of the bridge. With REDIS_PORT it connects to that Redis, otherwise it uses an embedded one. */
const environment = z
  .object({
    PORT: z.string().transform(Number),
    TOKEN: z.string().min(16),
    REDIS_PORT: z.string().transform(Number).optional(),
  })
  .parse(process.env)

const { PORT, TOKEN: token, REDIS_PORT: redisPort } = environment
const store = redisPort === undefined ? createEmbeddedStore() : createServerStore(redisPort)
createUpstashServer({ token, store }).listen(PORT, '127.0.0.1')

// The process that started this one has ended.
process.on('disconnect', () => process.exit(0))
