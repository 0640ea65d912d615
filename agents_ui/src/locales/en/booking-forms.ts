export default {
  which: 'Form',
  name: {
    rooms: 'Room reservation form',
    appointments: 'Appointment list',
    board: 'Appointment board',
    meetings: 'Meeting rooms',
  },
  meetingTime: 'Time',
  taker: 'Taken by',
  confirmedWith: 'Confirmed before arrival (signed)',
};
