#include "stella_dashboard.h"

// C23's #embed, which clang takes in every C as an extension. It tells the build which files it read, so that a change of one
// compiles this file anew.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char access_js[] = {
#embed "Assets/access.js"
};
static const unsigned char alert_js[] = {
#embed "Assets/alert.js"
};
static const unsigned char alerts_js[] = {
#embed "Assets/alerts.js"
};
static const unsigned char api_js[] = {
#embed "Assets/api.js"
};
static const unsigned char app_js[] = {
#embed "Assets/app.js"
};
static const unsigned char bell_js[] = {
#embed "Assets/bell.js"
};
static const unsigned char chart_js[] = {
#embed "Assets/chart.js"
};
static const unsigned char dialog_js[] = {
#embed "Assets/dialog.js"
};
static const unsigned char dom_js[] = {
#embed "Assets/dom.js"
};
static const unsigned char events_js[] = {
#embed "Assets/events.js"
};
static const unsigned char grid_js[] = {
#embed "Assets/grid.js"
};
static const unsigned char health_js[] = {
#embed "Assets/health.js"
};
static const unsigned char icon_svg[] = {
#embed "Assets/icon.svg"
};
static const unsigned char index_html[] = {
#embed "Assets/index.html"
};
static const unsigned char keys_js[] = {
#embed "Assets/keys.js"
};
static const unsigned char log_js[] = {
#embed "Assets/log.js"
};
static const unsigned char model_js[] = {
#embed "Assets/model.js"
};
static const unsigned char overview_js[] = {
#embed "Assets/overview.js"
};
static const unsigned char panel_js[] = {
#embed "Assets/panel.js"
};
static const unsigned char plan_js[] = {
#embed "Assets/plan.js"
};
static const unsigned char resource_js[] = {
#embed "Assets/resource.js"
};
static const unsigned char rules_js[] = {
#embed "Assets/rules.js"
};
static const unsigned char runs_js[] = {
#embed "Assets/runs.js"
};
static const unsigned char series_js[] = {
#embed "Assets/series.js"
};
static const unsigned char session_js[] = {
#embed "Assets/session.js"
};
static const unsigned char stream_js[] = {
#embed "Assets/stream.js"
};
static const unsigned char style_css[] = {
#embed "Assets/style.css"
};
static const unsigned char text_js[] = {
#embed "Assets/text.js"
};
static const unsigned char theme_js[] = {
#embed "Assets/theme.js"
};

static const char text[] = "text/html; charset=utf-8";
static const char style[] = "text/css; charset=utf-8";
static const char script[] = "text/javascript; charset=utf-8";
static const char picture[] = "image/svg+xml";

static const stella_dashboard_asset assets[] = {
  {"access.js", script, access_js, sizeof access_js},
  {"alert.js", script, alert_js, sizeof alert_js},
  {"alerts.js", script, alerts_js, sizeof alerts_js},
  {"api.js", script, api_js, sizeof api_js},
  {"app.js", script, app_js, sizeof app_js},
  {"bell.js", script, bell_js, sizeof bell_js},
  {"chart.js", script, chart_js, sizeof chart_js},
  {"dialog.js", script, dialog_js, sizeof dialog_js},
  {"dom.js", script, dom_js, sizeof dom_js},
  {"events.js", script, events_js, sizeof events_js},
  {"grid.js", script, grid_js, sizeof grid_js},
  {"health.js", script, health_js, sizeof health_js},
  {"icon.svg", picture, icon_svg, sizeof icon_svg},
  {"index.html", text, index_html, sizeof index_html},
  {"keys.js", script, keys_js, sizeof keys_js},
  {"log.js", script, log_js, sizeof log_js},
  {"model.js", script, model_js, sizeof model_js},
  {"overview.js", script, overview_js, sizeof overview_js},
  {"panel.js", script, panel_js, sizeof panel_js},
  {"plan.js", script, plan_js, sizeof plan_js},
  {"resource.js", script, resource_js, sizeof resource_js},
  {"rules.js", script, rules_js, sizeof rules_js},
  {"runs.js", script, runs_js, sizeof runs_js},
  {"series.js", script, series_js, sizeof series_js},
  {"session.js", script, session_js, sizeof session_js},
  {"stream.js", script, stream_js, sizeof stream_js},
  {"style.css", style, style_css, sizeof style_css},
  {"text.js", script, text_js, sizeof text_js},
  {"theme.js", script, theme_js, sizeof theme_js},
};

const stella_dashboard_asset *stella_dashboard_assets(size_t *count) {
  *count = sizeof assets / sizeof *assets;
  return assets;
}
