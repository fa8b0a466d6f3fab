# 续费与到期策略。
done-expiry-set = 已保存
done-renewal-returned = 续费已退订，款项已退回钱包。
done-renewed = 续费成功

expiry-agree-again = 确认新价格
expiry-agreed = 自动续费的条件
expiry-agreed-short = 已同意
expiry-at-most = 最高 { $amount }
expiry-first = 自动续费时间
expiry-go = 到期设置…
expiry-hint-automatic = 到期前 { $count } 天起从钱包扣款续费，不会超过您同意的最高价格。
expiry-hint-end = 到期后冻结，随后释放。到期前会再提醒一次。
expiry-hint-manual = 到期前会多次提醒，由您自行续费。
expiry-lead = 选择期限到期后如何处理，随时可以修改。
expiry-policy = 到期策略
expiry-policy-automatic = 自动续费
expiry-policy-end = 到期不续费
expiry-policy-manual = 手动续费
expiry-price-max = 最高价格
expiry-price-max-hint = 币种为 { $currency }。届时价格更高则不扣款，会先征求您的同意。
expiry-price-now = 当前价格：
expiry-save = 保存
expiry-title = 到期设置

order-renewal = 续费
order-renewal-term = 新的期限：{ $from } 至 { $until }
order-renewed-open = 查看续费的资源

renewal-back = 新的期限开始前，这次续费可全额退订。
renewal-back-within = 新的期限已经开始，付款后 { $time }内可无理由退订，计入本年退订次数。
renewal-cause-automatic = 自动续费
renewal-cause-by-hand = 手动续费
renewal-compute = 查看价格
renewal-count = 已续费 { $count } 次
renewal-from = 开始时间
renewal-go = 续费
renewal-lead = 新的期限从当前期限结束时开始，与付款时间无关。
renewal-length = 续费时长
renewal-length-saving = { $length }（省 { $percent }%）
renewal-others-pay = 当前角色没有支付权限，可由有支付权限的同事续费。
renewal-pay = 支付 { $amount } 续费
renewal-term = 新的期限
renewal-title = 续费
renewal-trouble-funds = 钱包余额不足，未能自动续费。系统每天会再次尝试。
renewal-trouble-not-sold = 商品目前不可购买，未能自动续费。系统每天会再次尝试。
renewal-trouble-price = 续费价格已高于您同意的最高价格，未自动续费。
renewal-until = 结束时间

return-not-counted = 不计入，新的期限尚未开始
return-refused-not-renewed = 没有可退订的续费。
return-refused-renewed = 该资源已续费，须先退订续费。
return-renewal-title = 退订续费
return-renewal-warning = 退订后到期时间恢复为续费前，自动续费同时关闭。
