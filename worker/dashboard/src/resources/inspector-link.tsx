import { usePlace } from '../place.ts'
import { inspectorAddress } from './inspector-address.ts'

interface InspectorLinkProps {
  readonly resource: string
  readonly parameters: Readonly<Record<string, string | number | null>>
  /** Said to screen readers behind the word, so that the links of a list differ. */
  readonly of: string
}

/** Leads from a row to the explanation of its answer. Only admins may see one, so nobody else is offered it. */
export function InspectorLink({ resource, parameters, of }: InspectorLinkProps) {
  const { workspace } = usePlace()
  if (workspace.role !== 'admin') return null
  return (
    <a className="small" href={inspectorAddress(resource, parameters)}>
      Inspect<span className="hidden"> {of}</span>
    </a>
  )
}
