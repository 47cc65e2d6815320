"""Japanese for the forms of comments and summaries. A form keeps its `{}` in their order."""

from __future__ import annotations

from typing import LiteralString

JAPANESE: dict[LiteralString, LiteralString] = {
    # how many
    "{} problem": "問題 {} 件",
    "{} problems": "問題 {} 件",
    "{} experiment": "実験 {} 件",
    "{} experiments": "実験 {} 件",
    "{} step": "手順 {} 件",
    "{} steps": "手順 {} 件",
    " ({} experiments)": " (実験 {} 件)",
    "{} retired": "終了 {} 件",
    "{} new": "新規 {} 件",
    "{} changed": "変更 {} 件",
    "{} put back": "復元 {} 件",
    "{} on hold": "保留 {} 件",
    # the verdict
    "**❌ sameday: {} to fix** in {}": "**❌ sameday: {}を直してください** ({})",
    "**⚠️ sameday: not every check could be made** of {}": "**⚠️ sameday: 実行できなかったチェックがあります** ({})",
    "**⚠️ sameday: no experiment, nothing was checked**": "**⚠️ sameday: 実験がなく、何もチェックしていません**",
    "**✅ sameday: nothing to fix so far** in {}{}": "**✅ sameday: 今のところ直すところはありません** ({}){}",
    "**✅ sameday: ready to merge**, {}{}": "**✅ sameday: マージできます** ({}){}",
    ", {}": "、{}",
    "{} of {} checks ({})": "チェック {} / {} 件 ({})",
    # what is next
    "Next: fix what is marked ❌ and push; every push is checked again.{}":
        "次: ❌ の付いたところを直して push してください。push のたびにチェックします。{}",
    " `sameday check --fix` makes {} of the corrections.": " `sameday check --fix` がそのうち {} 件を直します。",
    "Next: {}": "次: {}",
    "Next: run the job again once what did not answer is back.":
        "次: 応答しなかったものが戻ったら、ジョブをもう一度実行してください。",
    "Next: review and merge; the merge releases it by itself.":
        "次: レビューしてマージしてください。マージすると自動でリリースされます。",
    "Next: merge.": "次: マージしてください。",
    # the comment
    "Left out here for its length: {}; {} has it.": "長さのためここでは省きました: {} ({} にあります)。",
    "the job's summary": "ジョブのサマリー",
    "<sub>of {}</sub>": "<sub>コミット {}</sub>",
    "✅ nothing to remark: {}{}": "✅ 指摘なし: {}{}",
    "Not proven here:\n{}": "ここで確かめられなかったこと:\n{}",
    "<details><summary>Not proven here: {}</summary>\n\n{}\n\n</details>":
        "<details><summary>ここで確かめられなかったこと: {}</summary>\n\n{}\n\n</details>",
    "{} reason": "理由 {} 件",
    "{} reasons": "理由 {} 件",
    "<details><summary>What a run of {} does</summary>\n\n{}\n\n</details>":
        "<details><summary>{} の 1 回の実行が行うこと</summary>\n\n{}\n\n</details>",
    "| | where | what | how to fix |\n|---|---|---|---|": "| | 場所 | 内容 | 直し方 |\n|---|---|---|---|",
    "| | | and {} more | |": "| | | ほか {} 件 | |",
    "**sameday**: this pull request changes no experiment any more. <sub>of {}</sub>\n":
        "**sameday**: このプルリクエストが変更する実験は、もうありません。<sub>コミット {}</sub>\n",
    "<details><summary>Who has which slots when (+ is what this adds)</summary>\n\n{}\n\n</details>":
        "<details><summary>どのスロットをいつ誰が使うか (+ はこの変更で加わるもの)</summary>\n\n{}\n\n</details>",
    # the plan
    "### What merging will do is not known here\n\n{}": "### マージで何が起きるかは、ここでは分かりません\n\n{}",
    "### What merging will do is shown once it is fixed": "### マージで何が起きるかは、直したあとに表示します",
    "### Merging this changes nothing that is released": "### マージしても、リリース済みのものは変わりません",
    "### Once fixed, merging this will": "### 直したあとでマージすると",
    "### Merging this will": "### マージすると",
    "is released for the first time": "を初めてリリース",
    "is released anew": "を新しくリリース",
    "is retired": "を終了",
    "of {}": "担当 {}",
    "changed: {}": "変更: {}",
    "Serves now: {}, after: {}": "配信: 今は {}、マージ後は {}",
    # the release
    "**❌ sameday: {} of {} not released**": "**❌ sameday: リリースできなかったもの {} 件** ({})",
    "**✅ sameday: nothing differs from what is released**": "**✅ sameday: リリース済みのものと違いはありません**",
    "**⏳ sameday: {} under way**": "**⏳ sameday: {}のリリースが進行中です**",
    "**✅ sameday: {} put back as released**": "**✅ sameday: {}をリリースしたときの状態に戻しました**",
    "**🚀 sameday: {} released**": "**🚀 sameday: {}をリリースしました**",
    "Left out here for its length: {}; the job's summary has it.":
        "長さのためここでは省きました: {} (ジョブのサマリーにあります)。",
    "<sub>of {}{}</sub>": "<sub>コミット {}{}</sub>",
    " · first commit to live: {}; review {}": " · 最初のコミットから公開まで {}、うちレビュー {}",
    "is live": "を公開",
    "is put back as it was released": "をリリースしたときの状態に復元",
    "failed": "は失敗しました",
    "was not released": "はリリースされませんでした",
    "is on hold": "は保留中です",
    "is under way": "は進行中です",
    "could not go on": "は続けられませんでした",
    " at {}": " (工程 {})",
    "Run: {}": "実行: {}",
    "{}: {} rows verified": "{}: {} 行を検証",
    "{}: {} rows verified, and synced to {}": "{}: {} 行を検証し、{} に同期",
    "<details><summary>The run</summary>\n\n{}\n\n</details>":
        "<details><summary>実行の内容</summary>\n\n{}\n\n</details>",
    "| job | state | seconds |\n|---|---|---|": "| ジョブ | 状態 | 秒 |\n|---|---|---|",
    "End of the log of {}:": "{} のログの終わり:",
    "The end of the log of {} is in the job's summary.": "{} のログの終わりは、ジョブのサマリーにあります。",
    "Serves {}.": "配信中: {}",
    "Next: {}{}": "次: {}{}",
    ": {}, or Run workflow with `release` and its name": ": {}、または Run workflow で `release` と名前を指定します",
    "correct its file, or try again as it is": "ファイルを直すか、そのままもう一度試してください",
    "it follows by itself once that is put right": "それが直れば、自動で続きます",
    "change its file, or release it": "ファイルを変更するか、リリースしてください",
    "the next release goes on from here; `sameday status` shows it":
        "次のリリースがここから続けます。`sameday status` で見られます",
    "run `sameday release` again when the backend is back":
        "バックエンドが戻ったら `sameday release` をもう一度実行してください",
}  # fmt: skip
