import { Mark } from './mark.tsx'
import { Waiting } from './panel.tsx'

/** The page while nothing of it is known yet. It looks like the one that index.html has, so that nothing changes when the script begins. */
export function ShellPlace() {
  return (
    <>
      <header className="bar">
        <span className="brand">
          <Mark />
          <span className="brand-name">Boardcache</span>
        </span>
        <span className="bar-place" />
      </header>
      <main className="shell-place">
        <Waiting what="the dashboard" />
        <span />
        <span />
      </main>
    </>
  )
}
