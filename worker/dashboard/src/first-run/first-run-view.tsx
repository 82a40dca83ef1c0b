import './first-run.css'
import { useState } from 'react'
import { useOwnViews } from '../access.ts'
import { Term } from '../glossary/term.tsx'
import { openPalette } from '../palette/palette-key.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { useBoards, usePlace } from '../place.ts'
import { addressOfView, goToView } from '../routing.ts'
import { curlLines } from './curl-lines.ts'
import { dismissFirstSteps, wantsFirstSteps } from './landing.ts'
import { triesFor } from './tries.ts'

/** For users who have just signed in to a local stack: what to try in this page, and at the API. */
export function FirstRunView() {
  const { auth } = usePlace()
  if (!auth.config.is_local) {
    return <Notice tone="info">First steps are for a local stack. This deployment is not one.</Notice>
  }
  return (
    <div className="first-run">
      <Welcome />
      <Panel title="In this page">
        <Tries />
      </Panel>
      <Panel title="At the API">
        <Lines />
      </Panel>
    </div>
  )
}

function Welcome() {
  const { auth } = usePlace()
  const [isDismissed, setIsDismissed] = useState(() => !wantsFirstSteps(auth.config.is_local))
  return (
    <Panel title="Welcome to your local stack">
      <p>
        Boardcache answers boards and contacts from the nearest <Term id="tier">tier</Term> that has a copy,
        and only while its <Term id="ledger">ledger</Term> shows that the copy still counts. Everything here
        runs on this machine, with made-up contacts: nothing that you do can hurt anybody.
      </p>
      <p>
        <button type="button" onClick={openPalette}>
          Go anywhere <kbd>Ctrl K</kbd>
        </button>{' '}
        finds every view, board, action and word. On a Mac it is ⌘K. The API is described at{' '}
        <a href="/docs">/docs</a>, and the words of this product are in the{' '}
        <a href={addressOfView('glossary')}>glossary</a>.
      </p>
      {isDismissed ? (
        <p className="quiet">This page no longer opens by itself. The menu with your address leads to it.</p>
      ) : (
        <button
          type="button"
          onClick={() => {
            dismissFirstSteps()
            setIsDismissed(true)
          }}
        >
          Do not open this page by itself again
        </button>
      )}
    </Panel>
  )
}

function Tries() {
  const views = useOwnViews()
  const { workspace } = usePlace()
  return (
    <ul className="first-run-tries">
      {triesFor(views, workspace.role === 'admin').map(({ view, title, what }) => (
        <li key={view}>
          <a href={addressOfView(view)}>{title}</a>
          <span>{what}</span>
        </li>
      ))}
    </ul>
  )
}

function Lines() {
  const { auth, workspace } = usePlace()
  const boards = useBoards()
  const boardId = boards.data?.[0]?.id ?? 'board_123'
  const lines = curlLines({
    ...{ url: window.location.origin, workspaceId: workspace.id, boardId },
    isAdmin: workspace.role === 'admin',
  })
  async function tokenLine(): Promise<string> {
    const token = await auth.current()
    if (token === null) throw new Error('there is no session')
    return `export TOKEN=${token}`
  }
  return (
    <>
      <p>
        Two variables first. Your own token, which counts for an hour:{' '}
        <CopyButton label="with your token" text={tokenLine}>
          Copy export TOKEN=…
        </CopyButton>{' '}
        The key of the CRM’s backend was printed by <code>npm start</code> as{' '}
        <code>export INTERNAL_AUTH_KEY=…</code>; no browser ever gets it.
      </p>
      <ol className="first-run-lines">
        {lines.map(({ title, what, line }) => (
          <li key={title}>
            <h3>{title}</h3>
            <p className="quiet">{what}</p>
            <div className="first-run-line">
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, which the keyboard must be able to do */}
              <pre tabIndex={0}>
                <code>{line}</code>
              </pre>
              <CopyButton label={`the line: ${title}`} text={line} />
            </div>
          </li>
        ))}
      </ol>
      <button type="button" className="primary" onClick={() => goToView('board')}>
        Go to the board
      </button>
    </>
  )
}
