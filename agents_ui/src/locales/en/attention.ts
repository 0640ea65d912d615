/** Special attention: the identity is confirmed before anything is saved. */
export default {
  title: 'Special attention: confirm the identity first',
  question: 'These names are on the special-attention list. Confirm who it is and write down the result before saving.',
  same: 'Confirmed: it is this person',
  other: 'Confirmed: same name, another person',
  words: 'Result (1 or 2 to choose, Enter to save)',
  back: 'Go back',
  save: 'Confirmed, save',
};
