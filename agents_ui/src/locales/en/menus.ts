/** Nodes of the spoken menus; those that the hotel adds are shown by the names in its file. */
import type zh from '../zh/menus';

const en: typeof zh = {
  path: 'Spoken menu',
  language: 'Language',
  spoken: { zh: 'Chinese', en: 'English' },
  node: {
    main: 'Main menu',
    enquiries: 'Enquiries and bookings',
    complaints: 'Complaints and suggestions',
    reservation: 'My reservation',
    information: 'Information',
    facilities: 'Facilities and hours',
    directions: 'Directions',
    springs: 'Hot spring hours',
    springs_open: 'Hot springs (open)',
    springs_closed: 'Hot springs (closed)',
    voicemail: 'Message',
    message: 'Message',
    farewell: 'Goodbye',
  },
};

export default en;
