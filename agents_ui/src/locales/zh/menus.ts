/** 语音菜单中的节点；酒店自己新增的节点显示其文件中的名称。 */
export default {
  path: '语音菜单',
  language: '语言',
  spoken: { zh: '中文', en: '英语' },
  node: {
    main: '主菜单',
    enquiries: '咨询和预订',
    complaints: '投诉和建议',
    reservation: '查询预订',
    information: '酒店信息',
    facilities: '设施和营业时间',
    directions: '交通路线',
    springs: '温泉开放时间',
    springs_open: '温泉（开放中）',
    springs_closed: '温泉（未开放）',
    voicemail: '留言',
    message: '留言',
    farewell: '道别',
  },
};
