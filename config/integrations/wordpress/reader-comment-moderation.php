<?php
/**
 * Plugin Name:       Reader Comment Moderation
 * Description:       Asks your newsroom's own moderation service before a reader's comment appears, or shows its comment section in place of the comment form.
 * Version:           1.0.0
 * Requires at least: 5.6
 * Requires PHP:      7.4
 * License:           Apache-2.0
 * License URI:       https://www.apache.org/licenses/LICENSE-2.0
 * Text Domain:       reader-comment-moderation
 * Domain Path:       /languages
 *
 * The Apache License 2.0 goes with version 3 of the GNU General Public License. WordPress is under "version 2 or
 * later", so that together with it this plugin may be used and passed on under GPLv3 or later.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

const PLUGIN_FILE = __FILE__;

require __DIR__ . '/includes/settings.php';
require __DIR__ . '/includes/service.php';
require __DIR__ . '/includes/texts.php';
require __DIR__ . '/includes/articles.php';
require __DIR__ . '/includes/sending.php';
require __DIR__ . '/includes/asking.php';
require __DIR__ . '/includes/agreeing.php';
require __DIR__ . '/includes/deciding.php';
require __DIR__ . '/includes/events.php';
require __DIR__ . '/includes/section.php';
require __DIR__ . '/includes/background.php';

add_action( 'init', __NAMESPACE__ . '\\load_words' );
watch_articles();
watch_comments();
watch_decisions();
receive_events();
show_section();
work_in_background();

if ( is_admin() ) {
	require __DIR__ . '/includes/connection.php';
	require __DIR__ . '/includes/settings-page.php';
	show_settings_page();
}

/** Loads what the plugin says in the site's language. */
function load_words() {
	load_plugin_textdomain( 'reader-comment-moderation', false, dirname( plugin_basename( __FILE__ ) ) . '/languages' );
}
