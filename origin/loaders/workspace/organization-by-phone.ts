import { organizationByPhone } from '../../../shared/resources/workspace/organization-by-phone.ts'
import { defineLoader } from '../loader.ts'

/** Loads the workspace that a number belongs to. The SQL function returns the declared data. */
export const organizationByPhoneLoader = defineLoader(organizationByPhone, ({ phone }, { query }) =>
  query(organizationByPhone.data, 'organization_by_phone', { p_phone: phone }),
)
