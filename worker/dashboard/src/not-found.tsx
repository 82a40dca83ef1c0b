import { useOwnViews } from './access.ts'
import { Panel } from './parts/panel.tsx'
import { addressOfView, viewTitles } from './routing.ts'

/** Says that the address names no view, and where the user can go instead. */
export function NotFound() {
  return (
    <Panel title="There is nothing at this address">
      <p>
        The address may have been cut off, or be of another version of the dashboard. These views are there:
      </p>
      <ul className="not-found">
        {useOwnViews().map((view) => (
          <li key={view}>
            <a href={addressOfView(view)}>{viewTitles[view]}</a>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
