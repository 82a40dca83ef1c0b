import './workspace.css'
import { FailureNotice } from '../parts/notice.tsx'
import { Waiting } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import { ActionsPanel } from './actions-panel.tsx'
import { ReadPanel } from './read-panel.tsx'
import { SettingsPanel } from './settings-panel.tsx'
import { useSettings } from './use-settings.ts'

/** The settings of a workspace, the actions on its cache, and a read that shows their effect. */
export function WorkspaceView() {
  const { workspace } = usePlace()
  const settings = useSettings()
  // The panels come together: on a phone they stand below each other, and the first would push the others down. Without settings there are
  // none: a panel would ask for them again as soon as it is shown, and be replaced while they are loaded, again and again.
  if (settings.data === undefined) {
    return settings.isError ? (
      <FailureNotice error={settings.error} retry={() => void settings.refetch()} />
    ) : (
      <Waiting what="the workspace" />
    )
  }
  return (
    <>
      <div className="view-head">
        <h2>
          <bdi>{workspace.name}</bdi>
        </h2>
        <span className="quiet">
          workspace {workspace.id}, you are {workspace.role === 'admin' ? 'an admin' : 'a member'}
        </span>
      </div>
      <div className="workspace">
        <SettingsPanel />
        <div className="workspace-side">
          <ActionsPanel />
          <ReadPanel />
        </div>
      </div>
    </>
  )
}
