/** 来电者标记 */
export default {
  interpreters: '三方翻译',
  interpreterRings: '正在呼叫 {name}，接听后加入通话。',
  title: '来电者标记',
  kind: { nuisance: '骚扰', wrong_number: '打错', silent: '无声' },
  isBlocked: '已屏蔽',
  marked: '已标记：{kind}。',
  blockedNow: '已标记为骚扰，此号码今后不再接通。',
  blockQuestion: '标记为骚扰并屏蔽此号码？号码和录音会保留，今后的来电直接拒接。',
  markQuestion: '把此来电标记为骚扰？',
  unblock: '解除屏蔽',
  unblockQuestion: '允许此号码重新呼入？',
  unblocked: '已解除屏蔽。',
};
