import type { RouteRecordRaw } from 'vue-router';

/** The pages of bookings and rooms. */
export const bookingPages: RouteRecordRaw[] = [
  {
    path: 'booking/new',
    name: 'booking',
    component: () => import('@/pages/BookingPage.vue'),
    meta: { title: 'page.booking', permission: 'reservations.write' },
  },
  {
    path: 'reservations',
    name: 'reservations',
    component: () => import('@/pages/ReservationsPage.vue'),
    meta: { title: 'page.reservations', permission: 'reservations.read' },
  },
  {
    path: 'reservations/:number([0-9A-Za-z]+)',
    name: 'reservation',
    component: () => import('@/pages/ReservationPage.vue'),
    props: true,
    meta: { title: 'page.reservation', permission: 'reservations.read' },
  },
  {
    path: 'calendar',
    name: 'calendar',
    component: () => import('@/pages/CalendarPage.vue'),
    meta: { title: 'page.calendar', permission: 'reservations.read' },
  },
  {
    path: 'rooms',
    name: 'rooms',
    component: () => import('@/pages/RoomsPage.vue'),
    meta: { title: 'page.rooms', permission: 'reservations.read' },
  },
  {
    path: 'no-shows',
    name: 'no-shows',
    component: () => import('@/pages/NoShowsPage.vue'),
    meta: { title: 'page.noShows', permission: 'reservations.read' },
  },
  {
    path: 'booking-forms',
    name: 'booking-forms',
    component: () => import('@/pages/BookingFormsPage.vue'),
    meta: { title: 'page.bookingForms', permission: 'reservations.read' },
  },
  {
    path: 'booking-figures',
    name: 'booking-figures',
    component: () => import('@/pages/BookingFiguresPage.vue'),
    meta: { title: 'page.bookingFigures', permission: 'reservations.report' },
  },
  {
    path: 'meetings',
    name: 'meetings',
    component: () => import('@/pages/MeetingsPage.vue'),
    meta: { title: 'page.meetings', permission: 'reservations.read' },
  },
  {
    path: 'rates',
    name: 'rates',
    component: () => import('@/pages/RatesPage.vue'),
    meta: { title: 'page.rates', permission: 'reservations.rates' },
  },
  {
    path: 'audit-runs',
    name: 'audit-runs',
    component: () => import('@/pages/AuditRunsPage.vue'),
    meta: { title: 'page.auditRuns', permission: 'reservations.report' },
  },
];

export const BOOKING_PAGES = bookingPages.map((page) => String(page.name));
