/** Connecting a caller with a guest */
export default {
  title: 'Connect with a guest',
  name: 'Full name',
  hint: 'Full name, for instance Anna Smith',
  find: 'Find',
  nobody: 'Nobody to connect. Say: "I am sorry, I cannot find this guest. Would you like to leave a message?"',
  connect: 'Connect',
  reveal: 'Show room',
  room: 'Room {room}',
  done: 'Connecting {name}.',
  rule: 'The full name is needed, a room number alone is not enough; never say the room. Showing it is on record.',
};
