import { createRouter, createWebHistory } from 'vue-router';
import { useSessionStore } from '@/stores/session';
import type { Permission } from '@/api/types';
import { bookingPages } from '@/booking/pages';

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of the page's title. */
    title: string;
    permission?: Permission;
    /** Shown without signing in. */
    open?: boolean;
    /** Shown to anyone, signed in or not. */
    anyone?: boolean;
    /** Shown to one who must change the password first. */
    beforePasswordChange?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    {
      path: '/sign-in',
      name: 'sign-in',
      component: () => import('@/pages/SignInPage.vue'),
      meta: { title: 'page.signIn', open: true },
    },
    {
      path: '/api',
      name: 'api',
      component: () => import('@/pages/ApiPage.vue'),
      meta: { title: 'page.api', anyone: true },
    },
    {
      path: '/new-password',
      name: 'new-password',
      component: () => import('@/pages/NewPasswordPage.vue'),
      meta: { title: 'page.newPassword', beforePasswordChange: true },
    },
    {
      path: '/desk',
      name: 'desk',
      component: () => import('@/pages/DeskPage.vue'),
      meta: { title: 'page.desk', permission: 'desk.work' },
    },
    {
      path: '/floor/wall',
      name: 'wall',
      component: () => import('@/pages/WallPage.vue'),
      meta: { title: 'page.wall', permission: 'floor.watch' },
    },
    {
      path: '/',
      component: () => import('@/components/layout/AppLayout.vue'),
      meta: { title: 'page.live' },
      children: [
        {
          path: '',
          name: 'live',
          component: () => import('@/pages/LivePage.vue'),
          meta: { title: 'page.live', permission: 'live.read' },
        },
        {
          path: 'floor',
          name: 'floor',
          component: () => import('@/pages/FloorPage.vue'),
          meta: { title: 'page.floor', permission: 'floor.watch' },
        },
        {
          path: 'shifts',
          name: 'shifts',
          component: () => import('@/pages/ShiftsPage.vue'),
          meta: { title: 'page.shifts', permission: 'roster.read' },
        },
        {
          path: 'calls',
          name: 'calls',
          component: () => import('@/pages/CallsPage.vue'),
          meta: { title: 'page.calls', permission: 'calls.read' },
        },
        {
          path: 'calls/:id(\\d+)',
          name: 'call',
          component: () => import('@/pages/CallPage.vue'),
          props: true,
          meta: { title: 'page.call', permission: 'calls.read' },
        },
        {
          path: 'voicemail',
          name: 'voicemail',
          component: () => import('@/pages/VoicemailPage.vue'),
          meta: { title: 'page.voicemail', permission: 'voicemail.handle' },
        },
        ...bookingPages,
        {
          path: 'call-backs',
          name: 'call-backs',
          component: () => import('@/pages/CallBacksPage.vue'),
          meta: { title: 'page.callBacks', permission: 'outbound.work' },
        },
        {
          path: 'emergencies',
          name: 'emergencies',
          component: () => import('@/pages/EmergenciesPage.vue'),
          meta: { title: 'page.emergencies', permission: 'emergencies.work' },
        },
        {
          path: 'emergencies/:id(\\d+)',
          name: 'emergency',
          component: () => import('@/pages/EmergencyPage.vue'),
          props: true,
          meta: { title: 'page.emergencies', permission: 'emergencies.work' },
        },
        {
          path: 'stays',
          name: 'stays',
          component: () => import('@/pages/StaysPage.vue'),
          meta: { title: 'page.stays', permission: 'stays.read' },
        },
        {
          path: 'stays/new',
          name: 'check-in',
          component: () => import('@/pages/CheckInPage.vue'),
          meta: { title: 'page.checkIn', permission: 'stays.manage' },
        },
        {
          path: 'stays/:id(\\d+)',
          name: 'stay',
          component: () => import('@/pages/StayPage.vue'),
          props: true,
          meta: { title: 'page.stay', permission: 'stays.read' },
        },
        {
          path: 'guests',
          name: 'guests',
          component: () => import('@/pages/GuestsPage.vue'),
          meta: { title: 'page.guests', permission: 'guests.read' },
        },
        {
          path: 'guests/:id(\\d+)',
          name: 'guest',
          component: () => import('@/pages/GuestPage.vue'),
          props: true,
          meta: { title: 'page.guest', permission: 'guests.read' },
        },
        {
          path: 'figures',
          name: 'figures',
          component: () => import('@/pages/FiguresPage.vue'),
          meta: { title: 'page.figures', permission: 'figures.read' },
        },
        {
          path: 'audit',
          name: 'audit',
          component: () => import('@/pages/AuditPage.vue'),
          meta: { title: 'page.audit', permission: 'audit.read' },
        },
        {
          path: 'prompts',
          name: 'prompts',
          component: () => import('@/pages/PromptsPage.vue'),
          meta: { title: 'page.prompts', permission: 'prompts.manage' },
        },
        {
          path: 'staff',
          name: 'staff',
          component: () => import('@/pages/StaffPage.vue'),
          meta: { title: 'page.staff', permission: 'staff.manage' },
        },
        {
          path: 'account',
          name: 'account',
          component: () => import('@/pages/AccountPage.vue'),
          meta: { title: 'page.account' },
        },
        {
          path: ':rest(.*)*',
          name: 'not-found',
          component: () => import('@/pages/NotFoundPage.vue'),
          meta: { title: 'page.notFound' },
        },
      ],
    },
  ],
});

router.beforeEach(async (to) => {
  const session = useSessionStore();
  if (!(await session.recall())) return false;
  if (to.meta.anyone) return true;
  if (to.meta.open) return session.user ? { path: '/' } : true;
  if (!session.user) return signInPage(to.fullPath);
  if (session.user.must_change_password !== (to.meta.beforePasswordChange ?? false))
    return session.user.must_change_password ? { name: 'new-password', query: { to: to.fullPath } } : { path: '/' };
  // Who may not see live calls starts with the records.
  if (to.name === 'live' && !session.may('live.read') && session.may('calls.read')) return { name: 'calls' };
  return true;
});

/** The sign-in page, which leads to `target` afterwards. */
export function signInPage(target: string) {
  return { name: 'sign-in', query: target === '/' ? {} : { to: target } };
}

/** Where to go after signing in: only ever a page of ours. */
export function targetOf(to: unknown): string {
  return typeof to === 'string' && to.startsWith('/') && !to.startsWith('//') ? to : '/';
}
