import { createPinia } from 'pinia';
import { createApp, watch } from 'vue';
import App from './App.vue';
import { useHttpContext } from './api/http';
import { i18n } from './locales';
import { router, signInPage } from './router';
import { useSessionStore } from './stores/session';
import './styles/element';
import './styles/base.css';
import './styles/forms.css';

const app = createApp(App).use(createPinia()).use(i18n);
const session = useSessionStore();

useHttpContext({
  language: () => i18n.global.locale.value,
  csrf: () => session.session?.csrf ?? '',
  sessionEnded: session.forget,
});

// Whatever ended the session, the person signs in again and then finds the same page.
watch(
  () => session.user,
  (user, before) => {
    if (user === null && before !== null) void router.push(signInPage(router.currentRoute.value.fullPath));
  },
);

app.use(router).mount('#app');
