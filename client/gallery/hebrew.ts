/** Hebrew texts for what the right-to-left states show first; the rest is English, as in an unfinished translation. */

export const HEBREW = {
  title: 'המכשירים שבהם נכנסת לחשבון', live: 'מעודכן', signOutOthers: 'יציאה מכל שאר המכשירים', thisDevice: 'המכשיר הזה',
  software: '{browser} ב־{system}', activeNow: 'פעיל עכשיו', lastActive: 'פעילות אחרונה {when}', signedInOn: 'כניסה {when}',
  signOut: 'יציאה', signOutOf: 'יציאה: {name}', itWasMeOf: 'כן, זה אני: {name}', itWasNotMeOf: 'לא אני: {name}', signOutEverywhere: 'יציאה מכל המכשירים', review: '{count, plural, other {צריך לבדוק # כניסות: זה היית אתה?}}',
  reviewNext: 'בדיקה', wasThisYou: 'זה היית אתה?', itWasMe: 'כן, זה אני', itWasNotMe: 'לא אני', events: 'פעילות אחרונה',
  today: 'היום', yesterday: 'אתמול', 'recommendation.unknown_device': 'מכשיר חדש', 'event.login': 'כניסה',
};

export const CONSOLE_HEBREW = {
  ...HEBREW,
  'console.title': 'מסוף האבטחה', 'nav.overview': 'סקירה', 'nav.events': 'אירועים', 'search.label': 'משתמש, כתובת או כניסה', 'search.submit': 'חיפוש',
  'overview.live': 'כניסות פעילות', 'overview.signIns': 'כניסות', 'overview.alerts': 'התראות', 'overview.refused': 'כניסות שנדחו',
  'overview.latest': 'התראות אחרונות', 'overview.showEvents': 'הצגת אירועים', 'overview.showEventsOf': 'הצגת אירועים: {name}', 'overview.period': 'תקופה',
  'events.title': 'אירועים', 'events.severity': 'חומרה', 'events.type': 'אירוע', 'events.period': 'תקופה', 'events.details': 'פרטים',
  'events.detailsOf': 'פרטים: {event}',
};
