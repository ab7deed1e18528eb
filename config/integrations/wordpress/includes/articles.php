<?php
/**
 * Articles go to the service when they are published or changed, so that it can tell what is on-topic. Drafts, private
 * ones and those behind a password never do.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/** On a post whose article is still to be sent. */
const ARTICLE_TODO = '_rcm_todo';

/** On a post whose article the service has. */
const ARTICLE_SENT = '_rcm_sent';

/** Longest HTML of an article, in bytes; the service takes a mebibyte for a whole request. */
const LONGEST_HTML = 600000;

/** Has articles sent from now on. */
function watch_articles() {
	add_action( 'wp_after_insert_post', __NAMESPACE__ . '\\article_saved', 10, 2 );
}

/**
 * A post was saved, with all that belongs to it.
 *
 * @param int      $post_id Its id.
 * @param \WP_Post $post    The post.
 */
function article_saved( $post_id, $post ) {
	if ( ! is_set_up() || wp_is_post_revision( $post_id ) || wp_is_post_autosave( $post_id ) ) {
		return;
	}
	if ( ! is_article( $post ) && ! get_post_meta( $post_id, ARTICLE_SENT, true ) ) {
		return;
	}
	update_post_meta( $post_id, ARTICLE_TODO, 1 );
	$many = defined( 'WP_IMPORTING' ) && WP_IMPORTING;
	if ( $many || is_silent() || ! send_article( $post ) ) {
		work_soon();
	}
}

/**
 * Whether readers may read this and comment on it: published, to everybody, and of a kind that takes comments.
 *
 * @param \WP_Post $post The post.
 * @return bool
 */
function is_article( $post ) {
	return 'publish' === $post->post_status && '' === $post->post_password && post_type_supports( $post->post_type, 'comments' )
		&& is_post_type_viewable( $post->post_type );
}

/**
 * The service's name for a post. Blogs of one network may share a site there.
 *
 * @param int $post_id The post's id.
 * @return string
 */
function article_name( $post_id ) {
	return 'wp-' . get_current_blog_id() . '-' . (int) $post_id;
}

/**
 * The post that the service's article is, 0 where it is none of ours.
 *
 * @param string $name The article's name there.
 * @return int
 */
function post_of_article( $name ) {
	$begins = 'wp-' . get_current_blog_id() . '-';
	return 0 === strpos( $name, $begins ) ? (int) substr( $name, strlen( $begins ) ) : 0;
}

/**
 * The path of an article in the service's API.
 *
 * @param int $post_id The post's id.
 * @return string
 */
function article_path( $post_id ) {
	return '/api/v1/articles/' . rawurlencode( article_name( $post_id ) );
}

/**
 * Sends an article as it is now. One that readers may no longer read is hidden there, without its text.
 *
 * @param \WP_Post $post    The post.
 * @param int      $seconds How long each request may take.
 * @return bool Whether nothing is left to send: false where the service is away.
 */
function send_article( $post, $seconds = TIME_LIMIT ) {
	$path = article_path( $post->ID );
	if ( is_article( $post ) ) {
		$answer = ask_service( 'PUT', $path, article_body( $post, true ), $seconds );
		if ( 422 === $answer->status ) { // Nothing to read in its HTML, such as a gallery: its title is what there is.
			$answer = ask_service( 'PUT', $path, article_body( $post, false ), $seconds );
		}
	} elseif ( get_post_meta( $post->ID, ARTICLE_SENT, true ) ) {
		$hidden = array(
			'title' => __( '(not published)', 'reader-comment-moderation' ),
			'mode'  => 'hidden',
		);
		$answer = ask_service( 'PUT', $path, $hidden, $seconds );
	} else {
		delete_post_meta( $post->ID, ARTICLE_TODO );
		return true;
	}
	if ( $answer->is_away() || in_array( $answer->status, array( 401, 403 ), true ) ) {
		return false;
	}
	delete_post_meta( $post->ID, ARTICLE_TODO );
	if ( 200 === $answer->status || 201 === $answer->status ) {
		update_post_meta( $post->ID, ARTICLE_SENT, time() );
	} else {
		remember_problem( line_of( $post->post_title, 100 ) . ': ' . $answer->problem() );
	}
	return true;
}

/**
 * An article as the service takes it.
 *
 * @param \WP_Post $post      The post.
 * @param bool     $with_html With its HTML; otherwise with its excerpt alone.
 * @return array
 */
function article_body( $post, $with_html ) {
	$title = line_of( $post->post_title, 1000 );
	$body  = array(
		'title'        => '' !== $title ? $title : article_name( $post->ID ),
		'url'          => get_permalink( $post ),
		'section'      => section_of( $post ),
		'published_at' => published_at( $post ),
		'mode'         => 'open' === $post->comment_status ? null : 'closed',
	);
	if ( $with_html ) {
		$html         = wpautop( strip_shortcodes( do_blocks( $post->post_content ) ) );
		$body['html'] = strlen( $html ) > LONGEST_HTML ? mb_substr( wp_strip_all_tags( $html ), 0, LONGEST_HTML / 6 ) : $html;
	} else {
		$body['text'] = line_of( $post->post_excerpt, 5000 );
	}
	return $body;
}

/**
 * When it was published; null where WordPress doesn't know.
 *
 * @param \WP_Post $post The post.
 * @return string|null
 */
function published_at( $post ) {
	$at = get_post_time( 'U', true, $post );
	return $at > 0 ? gmdate( 'Y-m-d\TH:i:s\Z', $at ) : null;
}

/**
 * The slug of a post's primary category: the one that an SEO plugin has marked as such, else its first.
 *
 * @param \WP_Post $post The post.
 * @return string|null
 */
function section_of( $post ) {
	$categories = get_the_category( $post->ID );
	$primary    = (int) get_post_meta( $post->ID, '_yoast_wpseo_primary_category', true );
	foreach ( $categories as $category ) {
		if ( $category->term_id === $primary ) {
			return line_of( urldecode( $category->slug ), 100 );
		}
	}
	return $categories ? line_of( urldecode( $categories[0]->slug ), 100 ) : null;
}
