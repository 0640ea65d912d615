export default {
  choice: {
    title: 'Choose your phone',
    hint: 'Take calls in the browser, or on the telephone beside you and control it from here.',
    extension: 'Extension',
    pick: 'Choose an extension',
    taken: '{extension} (in use by {name})',
    browser: 'In the browser',
    desk: 'Desk telephone',
    take: 'Start',
  },
};
