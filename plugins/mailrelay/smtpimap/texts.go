package smtpimap

// spamNames are those of folders for spam on servers that do not say which it is, in
// English and Japanese.
var spamNames = []string{"junk", "spam", "junk e-mail", "junk email", "junkmail", "bulk", "bulk mail", "迷惑メール", "迷惑メールフォルダ", "迷惑メールフォルダー"}
