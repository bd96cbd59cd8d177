import StellaModel
package final class FormatDetector { package init(format: LogFormat) {}; package var notice: String? { "json" }
 package func detect(_ b: LineBlock) -> any Decoder { JSONLineDecoder() } }
