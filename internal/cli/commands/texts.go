package commands

import "github.com/shopslo/shopslo/internal/text"

// Around the help of a command, where cobra's own template has it in English.
var (
	helpUsage    = text.Of("Usage:", "使い方:")
	helpExamples = text.Of("Examples:", "例:")
	helpCommands = text.Of("Available Commands:", "コマンド:")
	helpFlags    = text.Of("Flags:", "フラグ:")
	helpGlobal   = text.Of("Global Flags:", "共通フラグ:")
	helpMore     = text.Of(`Use "%s [command] --help" for more information about a command.`, `コマンドの詳細は "%s [command] --help" で表示します。`)
	helpHelp     = text.Of("help", "この説明を表示する")
	helpVersion  = text.Of("version", "バージョンを表示する")
	helpDefault  = text.Of("(default", "(既定:")
)

// What all programs have.
var (
	sayLanguage    = text.Of("output `language`: en or ja (default: $SHOPSLO_LANG, else the locale)", "表示の言語: en または ja (既定: $SHOPSLO_LANG、なければロケール)")
	sayHelpCommand = text.Of("Help about any command", "コマンドの説明を表示する")
	sayCompletion  = text.Of("Print a completion script for a shell", "シェル補完のスクリプトを出力する")
	longCompletion = text.Of(`completion prints a script that makes the shell complete %s's commands and
flags. Load it in the running shell, or put it where the shell looks for such
scripts. In bash it needs the package bash-completion.`,
		`completion は、%s のコマンドとフラグをシェルで補完するスクリプトを出力します。実行中のシェルに読み込むか、シェルが補完スクリプトを探す場所に置いてください。bash では bash-completion パッケージが必要です。`)
)
