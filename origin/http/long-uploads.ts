import { originRouteList } from '../../shared/contract/origin-routes.ts'

const paths: ReadonlySet<string> = new Set(
  originRouteList.flatMap(({ path, takes }) => (takes.lines === undefined ? [] : [path])),
)

/**
 * Whether the body of a request to this target may take longer to arrive than any other: its route uses the lines as they come, and
 * detects by itself an upload that stalls. `/contacts/important`, a contact, is no such path.
 */
export function isLongUpload(target: string): boolean {
  return paths.has(target.split('?', 1)[0] ?? '')
}
