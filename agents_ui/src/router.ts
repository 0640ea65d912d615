import { createRouter, createWebHistory } from 'vue-router';
import { useSessionStore } from '@/stores/session';
import type { Permission } from '@/api/types';

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of the page's title. */
    title: string;
    permission?: Permission;
    /** Shown without signing in. */
    open?: boolean;
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
          path: 'figures',
          name: 'figures',
          component: () => import('@/pages/FiguresPage.vue'),
          meta: { title: 'page.figures', permission: 'figures.read' },
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
  if (to.meta.open) return session.user ? { path: '/' } : true;
  if (!session.user) return signInPage(to.fullPath);
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
