import { useI18n } from 'vue-i18n';

/** Every role, the least powerful first. */
export const ROLES = ['operator', 'supervisor', 'manager', 'front_desk', 'department', 'admin'] as const;

/** Names roles in the language in use; one that is not known is named as the application does. */
export function useRoleName(): (role: string) => string {
  const { t, te } = useI18n();
  return (role) => (te(`role.${role}`) ? t(`role.${role}`) : role);
}
