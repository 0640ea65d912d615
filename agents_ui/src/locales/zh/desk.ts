export default {
  choice: {
    title: '选择话机',
    hint: '用浏览器接听，或用桌上的话机接听、在这里操作。',
    extension: '分机',
    pick: '请选择分机',
    taken: '{extension}（{name} 使用中）',
    browser: '浏览器接听',
    desk: '桌面话机',
    take: '开始工作',
  },
};
