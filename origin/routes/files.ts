import type { Handler } from 'hono'
import type { Clock } from '../../shared/clock.ts'
import type { Files } from '../files/files-of.ts'
import type { OriginEnv } from '../http/respond.ts'
import { respondError } from '../http/respond.ts'

/**
 * GET /files/{folder}/{file}: the file to which a signed link leads. It is always saved and never shown, so that nothing in it can run in
 * the origin's name.
 */
export function fileRoute(served: Files['served'], clock: Clock): Handler<OriginEnv> {
  return async (context) => {
    if (served === null) return respondError(context, { code: 'route_not_found' })
    const name = `${context.req.param('folder')}/${context.req.param('file')}`
    const link = served.links.read(name, context.req.query(), clock.now())
    if (link === null) return respondError(context, { code: 'signature_invalid' })
    const file = await served.store.get(name, context.req.raw.signal)
    if (!file.ok) {
      return respondError(context, {
        code: file.error.kind === 'not_found' ? 'not_found' : 'files_unavailable',
      })
    }
    return context.body(file.value, 200, {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename="${link.savedAs}"`,
      'Cache-Control': 'no-store',
    })
  }
}
