export default {
  which: '表单',
  name: { rooms: '房间预定表', appointments: '服务预约表', board: '预约用户管理看板', meetings: '会议室预订表' },
  meetingTime: '时间',
  taker: '经办人',
  confirmedWith: '到店前确认（签字）',
};
