import Dispatch
import StellaCommands

StellaCommand.superviseIfAsked()
Task { await StellaCommand.main(arguments: Array(CommandLine.arguments.dropFirst())) }
dispatchMain()
