// What the page says in Arabic: the same as texts-en.js.

/** @type {import('./texts.js').Catalogue} */
export const arabic = ({ number, upTo, plural, list, isolate }) => {
  /**
   * One and two need no number: the noun says it.
   * @param {number} count
   * @param {{one: string, two: string, few: string, many: string, other: string}} forms
   */
  function counted(count, forms) {
    if (count === 1) return forms.one;
    return count === 2 ? forms.two : plural(count, forms);
  }

  return {
    title: (room, site) => `${isolate(room)} · ${isolate(site)}`,
    site: 'محادثة',
    waiting: 'جارٍ البدء…',
    connecting: 'جارٍ الاتصال…',
    online: 'متصل',
    offline: 'غير متصل',
    notices: 'تنبيهات',
    offlineNotice: 'ما تكتبه محفوظ، ويُرسل عند عودة الاتصال.',
    offlineNotKept: 'لا يستطيع هذا المتصفح حفظ ما تكتبه: يُرسل إن عاد الاتصال وهذه الصفحة مفتوحة.',
    partly: 'السجل فقط',
    noScript: 'تعذر تحميل الاتصال: ربما منعه مانع محتوى. يمكن قراءة السجل.',
    noSocket:
      'الخادم يجيب، لكن اتصاله المباشر لا يُفتح: ربما هو متوقف، أو تمنعه هذه الشبكة. يمكن قراءة السجل.',
    full: 'عدد الصفحات المفتوحة من عنوانك أكثر من المسموح: أغلق بعضها.',
    retryIn: (seconds) =>
      `إعادة المحاولة خلال ${counted(seconds, { one: 'ثانية', two: 'ثانيتين', few: 'ثوانٍ', many: 'ثانية', other: 'ثانية' })}.`,
    retryNow: 'أعد المحاولة الآن',

    messages: 'الرسائل',
    historyFailed: (reason) => `تتعذر قراءة السجل (${isolate(reason)}).`,
    liveOn: 'الرسائل الجديدة ما زالت تصل.',
    loading: 'جارٍ قراءة السجل…',
    unreadable: 'السجل غير متاح',
    empty: 'لا رسائل بعد',
    emptyHint: 'ما يُكتب هنا يراه فورًا كل من في هذه الغرفة.',

    noRoom: (name) => `لا توجد غرفة باسم ${isolate(name)}`,
    gone: 'هذه الرسالة ليست هنا.',
    start: (room) => `هنا تبدأ ${isolate(`#${room}`)}.`,
    newLine: 'جديد',
    newBelow: (count) => `${upTo(count)} جديدة`,
    newest: 'إلى الأحدث',
    jump: 'الانتقال إلى تاريخ',
    go: 'انتقل',

    side: 'الغرف والأشخاص',
    rooms: 'الغرف',
    findRoom: 'ابحث عن غرفة أو أنشئها',
    newRoom: 'افتح الغرفة التي بهذا الاسم أو أنشئها',
    markAllRead: 'علِّم كل الغرف كمقروءة',
    roomName: (name) =>
      `لا يصلح ${isolate(name)} اسمًا لغرفة: يُسمح بـ ${isolate('a–z')} و${isolate('0–9')} و${isolate('-')} و${isolate('_')}، بحد أقصى 64؛ والبدء بـ ${isolate('-')} أو ${isolate('_')} محجوز.`,

    more: 'المزيد',
    folded: (count) =>
      `${counted(count, { one: 'رسالة واحدة', two: 'رسالتان', few: 'رسائل', many: 'رسالة', other: 'رسالة' })} ممن تتجاهلهم – أظهر`,
    unseen: '(لا شيء ظاهر)',
    stored: 'محفوظة',
    sending: 'جارٍ الإرسال…',
    waits: 'تنتظر',
    showMore: 'أظهر المزيد',
    showLess: 'أظهر أقل',
    late: 'لم تُحفظ بعد',
    tries: (count) =>
      `أُرسلت ${counted(count, { one: 'مرة', two: 'مرتين', few: 'مرات', many: 'مرة', other: 'مرة' })}`,
    retry: 'أعد المحاولة',
    remove: 'احذف',
    removeMessage: (text) => `احذف الرسالة: ${isolate(text)}`,
    retryMessage: (text) => `أعد إرسال: ${isolate(text)}`,
    failed: (reason) => `لم تُرسل: ${isolate(reason || 'رفضها الخادم')}.`,

    welcome: 'غرف للحديث: ما يُكتب هنا يراه الجميع فورًا، ويبقى محفوظًا.',
    hereNow: (names) => `هنا الآن: ${list(names)}.`,
    hereMany: (count) =>
      `هنا الآن: ${counted(count, { one: 'شخص واحد', two: 'شخصان', few: 'أشخاص', many: 'شخصًا', other: 'شخص' })}.`,
    readOnly: 'القراءة فقط',
    reading: 'أنت تقرأ فقط.',
    chooseName: 'اختر اسمًا',

    nickname: 'اسمك هنا',
    nicknameHint: 'يراه الجميع بجانب ما تكتبه. ويبقى في هذا المتصفح.',
    nicknameHintOnce: 'يراه الجميع بجانب ما تكتبه. يحفظه هذا المتصفح إلى أن تغادر الصفحة فقط.',
    nicknameLimit: (max) => `طول الاسم من حرف واحد إلى ${number(max)}.`,
    join: 'انضم',
    message: 'رسالة',
    send: 'أرسل',
    keysHint: '`Enter` للإرسال، و`Shift`+`Enter` لسطر جديد',
    writeAs: (name) => `اكتب باسم ${isolate(name)}`,
    changeName: (name) => `غيّر الاسم، وهو الآن ${isolate(name)}`,
    textLimit: (max, count) =>
      `أقصى طول للرسالة ${number(max)} من الأحرف؛ وطول هذه ${number(count)}.`,
    textCount: (count, max) => `${number(count)} / ${number(max)}`,

    people: 'الموجودون هنا',

    signIn: 'لهذا الموقع تسجيل دخول خاص به: أعد تحميل الصفحة لتسجّل الدخول فيه.',
    reload: 'إعادة التحميل',
    tooMany: 'صفحات كثيرة من عنوانك تطلب الدخول في الوقت نفسه: هذه الصفحة تنتظر ثم تحاول من جديد.',
    banned: (until, reason) =>
      `أنت محظور ${until ? `حتى ${isolate(until)}` : 'نهائيًّا'}${reason ? `: ${isolate(reason)}` : ''}.`,
    tooFast: 'بسرعة زائدة: ستُرسل من جديد تلقائيًّا',
    guest: 'ضيف',
    verified: 'سجّل الدخول في هذا الموقع',

    search: 'بحث',
    settings: 'الإعدادات',
    shortcuts: 'اختصارات لوحة المفاتيح',
    close: 'أغلق',
    titleUnread: (count, title) => `(${number(count)}) ${title}`,
    nothingSince: 'لم يُكتب شيء في ذلك اليوم ولا بعده.',
    unread: (count) => (count > 0 ? `${upTo(count)} غير مقروءة` : 'غير مقروءة'),
    enterOpens: (room) => `\`Enter\` يفتح ${isolate(`#${room}`)}.`,
    enterMakes: (room) => `\`Enter\` ينشئ ${isolate(`#${room}`)}.`,
    plusMakes: (room) => `\`+\` ينشئ ${isolate(`#${room}`)}.`,
    muted: 'مكتومة',
    mute: (room) => `اكتم ${isolate(`#${room}`)}`,
    muteHint: 'الكتم: لا يُحسب شيء من هذه الغرفة ولا يُنبَّه إليه في هذا المتصفح',
    unmuteHint: 'مكتومة: انقر لتصلك أخبار هذه الغرفة من جديد',
    allRead: (count) =>
      count > 0
        ? `عُلِّم كمقروء: ${counted(count, { one: 'غرفة واحدة', two: 'غرفتان', few: 'غرف', many: 'غرفة', other: 'غرفة' })}.`
        : 'لم يكن هناك غير مقروء.',
    copyText: 'انسخ النص',
    copyLink: 'انسخ الرابط',
    copied: 'نُسخ',
    notCopied: 'المتصفح لا يسمح لهذه الصفحة بالنسخ.',
    ignore: (name) => `تجاهل ${isolate(name)}`,
    ignoring: (name) => `أنت تتجاهل ${isolate(name)} في هذا المتصفح. يمكن إلغاء ذلك من الإعدادات.`,
    ignoredPeople: 'من تتجاهلهم في هذا المتصفح',
    stopIgnoring: (name) => `توقف عن تجاهل ${isolate(name)}`,
    noFiles: 'لا يمكن إرسال الملفات هنا، بل النص فقط.',
    noCommand: (word) => `لا يوجد أمر ${isolate(`/${word}`)}. ضع مسافة قبله ليُرسل نصًا.`,
    meNeedsText: `اذكر ما تفعله: ${isolate('/me')} يلوّح`,
    peopleCount: (count) =>
      `${counted(count, { one: 'شخص واحد', two: 'شخصان', few: 'أشخاص', many: 'شخصًا', other: 'شخص' })} هنا`,
    peopleMany: (count) => `${number(count)} شخص هنا أو أكثر`,
    peopleMore: (count) =>
      `و${counted(count, { one: 'واحد آخر', two: 'اثنان آخران', few: 'آخرون', many: 'آخرون', other: 'آخرون' })}`,
    you: 'أنت',
    typing: (names) => `${names.length === 1 ? 'يكتب' : 'يكتبون'} الآن: ${list(names)}…`,
    typingMany: 'يكتب عدة أشخاص…',

    searchHint: `كلمات، ${isolate('"عبارة"')}، بداية*، -بدون، ${isolate('from:name')}، ${isolate('in:room')}`,
    searchHere: 'هذه الغرفة فقط',
    filters: 'المرشِّحات',
    from: 'من',
    notFrom: 'ليس من',
    in: 'في',
    after: 'منذ',
    before: 'قبل',
    addFilter: 'أضف',
    removeFilter: (filter) => `أزل المرشِّح: ${isolate(filter)}`,
    searching: 'جارٍ البحث…',
    searchFailed: (reason) => `فشل البحث (${isolate(reason)}).`,
    matches: (count) =>
      counted(count, {
        one: 'نتيجة واحدة',
        two: 'نتيجتان',
        few: 'نتائج',
        many: 'نتيجة',
        other: 'نتيجة',
      }),
    matchesMore: (count) =>
      `${counted(count, { one: 'نتيجة واحدة', two: 'نتيجتان', few: 'نتائج', many: 'نتيجة', other: 'نتيجة' })}، وهناك أقدم منها`,
    noMatches: 'لم يُعثر على شيء',
    olderMatches: 'نتائج أقدم',

    notLoaded: 'لا يمكن تحميل هذا الآن.',
    nameFixed: 'هذا الموقع هو من يحدد اسمك هنا: لا يمكن تغييره.',

    theme: 'المظهر',
    themeSystem: 'كالنظام',
    themeLight: 'فاتح',
    themeDark: 'داكن',
    size: 'حجم النص',
    sizeSmall: 'صغير',
    sizeNormal: 'عادي',
    sizeLarge: 'كبير',
    sizeHuge: 'كبير جدًا',
    hours: 'الساعة',
    hoursSystem: 'بحسب اللغة',
    hours12: '12 ساعة',
    hours24: '24 ساعة',
    density: 'الرسائل',
    densityRoomy: 'متباعدة',
    densityCompact: 'متراصة',
    language: 'اللغة',
    languageSystem: 'بحسب المتصفح',
    announce: 'قراءة الرسائل الجديدة لقارئات الشاشة',
    sound: 'صوت عند وصول رسالة والصفحة مخفية',
    keys: 'اختصارات بمفتاح واحد',
    notify: 'إشعارات والصفحة مخفية',
    notifyOff: 'لا شيء',
    notifyMentions: 'عند ذكر اسمي',
    notifyAll: 'كل الرسائل',
    settingsNotKept: 'يحتفظ هذا المتصفح بالإعدادات إلى أن تغادر الصفحة فقط.',
    notifyDenied: 'المتصفح لا يسمح لهذه الصفحة بعرض الإشعارات.',

    notificationTitle: (name, room) => `${isolate(name)} · ${isolate(room)}`,

    keySend: 'إرسال الرسالة',
    keyLine: 'سطر جديد',
    keyRecall: 'استعادة آخر نص، والحقل فارغ',
    keyCommands: 'وصف فعل، تغيير الاسم، عرض هذه القائمة',
    keyWrite: 'كتابة رسالة',
    keySearch: 'بحث',
    keyRooms: 'الغرفة السابقة أو التالية',
    keyNewest: 'إلى أحدث رسالة',
    keySettings: 'الإعدادات',
    keyShortcuts: 'هذه القائمة',
    keyClose: 'إغلاق ما هو مفتوح',
  };
};
